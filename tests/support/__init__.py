"""What tests share: made-up manifests, stores, repositories, and what must hold of them."""
