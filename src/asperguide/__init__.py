"""Asperguide: the backend of a publishing platform for guides, augmented-reality prints, videos and time capsules."""
