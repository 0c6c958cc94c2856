"""QR codes by segno; those to be printed with words below by Pillow."""
