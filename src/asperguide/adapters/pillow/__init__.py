"""Images by Pillow; HEIC by pillow-heif."""
