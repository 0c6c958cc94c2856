"""What the driver needs to sign in to MySQL 8 is there when it is asked for, and not before."""

import subprocess
import sys

PROOF = """
import sys
from asperguide.adapters.sql import driver
assert "cryptography" not in sys.modules, "imported before anybody asked"

from pymysql import _auth
encrypt = _auth.sha2_rsa_encrypt

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
salt = bytes(range(1, 21))
for _ in range(2):
    sent = _auth.sha2_rsa_encrypt("O'Neil \\u00e9".encode(), salt, pem)
    told = key.decrypt(sent, padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None))
    plain = bytes(one ^ salt[n % 20] for n, one in enumerate(told))
    assert plain == "O'Neil \\u00e9".encode() + b"\\0", plain
assert encrypt is not _auth.sha2_rsa_encrypt
print("proved")
"""


def test_passwords_are_encrypted_for_mysql_8_by_what_is_imported_then() -> None:
    done = subprocess.run([sys.executable, "-c", PROOF], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "proved", done.stderr
