"""The rules of ``publisher check``: small pure functions over the texts of a repository."""
