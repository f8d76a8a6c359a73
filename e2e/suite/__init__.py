"""The end-to-end suite: the built operator against a real Nova and a real Kubernetes API server."""
