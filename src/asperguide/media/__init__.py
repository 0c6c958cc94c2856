"""Files, images and videos: how they arrive, are checked, kept, shown and made into others."""
