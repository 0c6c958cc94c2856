"""The services we compare ourselves with: each is what a careful person writes by hand for the same answer."""
