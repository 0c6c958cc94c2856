"""SQLite, MariaDB and MySQL behind the same statements."""
