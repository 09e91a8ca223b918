"""What concerns installations: the static files of an image, and the proof that the shipped proxies do what the documents say."""
