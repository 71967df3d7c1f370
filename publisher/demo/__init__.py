"""The whole story on one machine: real Git, real CI variables, a real store. Nothing is faked."""
