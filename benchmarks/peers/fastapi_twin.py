"""An ordinary service: FastAPI, pydantic, SQLAlchemy's ORM over aiomysql, argon2 in the default thread pool."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from redis.asyncio import Redis
from sqlalchemy import JSON, ForeignKey, String, func, insert, select
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.peers.person import AUDIENCE, ISSUER, PASSWORD, SECRET, claims_of, nth

engine = create_async_engine(os.environ["BENCH_SQL_URL"], pool_size=10, pool_recycle=1800)
sessions = async_sessionmaker(engine, expire_on_commit=False)
redis = Redis(host="127.0.0.1", port=int(os.environ["BENCH_REDIS_PORT"]))
hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
SEEDED = int(os.environ.get("BENCH_USERS", "2000"))
Instant = DATETIME(fsp=6)


def now() -> datetime:
    """The present instant, as MySQL keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)


class Base(DeclarativeBase):
    """The tables of this service."""


class User(Base):
    """A person's row."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    username: Mapped[str] = mapped_column(String(50), unique=True)
    full_name: Mapped[str] = mapped_column(String(255))
    password: Mapped[str] = mapped_column(String(255))
    gender: Mapped[str | None] = mapped_column(String(3))
    age_range: Mapped[str | None] = mapped_column(String(5))
    locale: Mapped[str] = mapped_column(String(12), default="en")
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    preferences: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=lambda: {"colour_filter": "normal", "filter_intensity": 100, "transparency": 0}
    )
    roles: Mapped[list[str]] = mapped_column(JSON, default=lambda: ["user"])
    state: Mapped[str] = mapped_column(String(10), default="active")
    email_verified_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    updated_at: Mapped[datetime] = mapped_column(Instant, default=now)


class Session(Base):
    """A signed-in device's row."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    refresh_token: Mapped[str] = mapped_column(String(64), unique=True)
    opened_at: Mapped[datetime] = mapped_column(Instant, default=now)


class Look(BaseModel):
    """Preferences in answers."""

    colour_filter: str
    filter_intensity: int
    transparency: int


class Me(BaseModel):
    """A user in answers."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    username: str
    full_name: str
    gender: str | None
    age_range: str | None
    locale: str
    time_zone: str
    preferences: Look
    roles: list[str]
    state: str
    email_verified_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class NewUser(BaseModel):
    """What registration takes."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=255, pattern=r"^[^@\s]+@[^@\s]+$")
    username: str = Field(min_length=3, max_length=50)
    full_name: str = Field(min_length=1, max_length=255)
    password: str = Field(min_length=8, max_length=128)


class Credentials(BaseModel):
    """What sign-in takes."""

    login: str
    password: str


class SignedIn(BaseModel):
    """What sign-in gives."""

    access_token: str
    token_type: str = "bearer"
    expires_in: int = 900
    refresh_token: str


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Make the tables and the people when there are none."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        if not await connection.scalar(select(func.count()).select_from(User)):
            password = hasher.hash(PASSWORD)
            people = [nth(number) for number in range(SEEDED)]
            rows = [
                {"id": p.id, "email": p.email, "username": p.username, "full_name": p.full_name, "password": password}
                for p in people
            ]
            await connection.execute(insert(User), rows)
    yield
    await engine.dispose()


async def database() -> AsyncIterator[AsyncSession]:
    """One session per request."""
    async with sessions() as session:
        yield session


async def caller(authorization: Annotated[str, Header()]) -> dict[str, str]:
    """The claims of a good token."""
    try:
        return claims_of(authorization)
    except jwt.PyJWTError as error:
        raise HTTPException(401) from error


async def known_caller(claims: Annotated[dict[str, str], Depends(caller)]) -> dict[str, str]:
    """The claims of a good token of a session that Redis knows."""
    if not await redis.get("session:" + claims["sid"]):
        raise HTTPException(401)
    return claims


Database = Annotated[AsyncSession, Depends(database)]
app = FastAPI(lifespan=lifespan)
PERSON = Me.model_validate(nth(0), from_attributes=True)


@app.get("/plain")
async def plain() -> Me:
    """One person, nobody is asked who they are."""
    return PERSON


@app.get("/jwt")
async def with_token(_: Annotated[dict[str, str], Depends(caller)]) -> Me:
    """One person, for a good token."""
    return PERSON


@app.get("/jwt-redis")
async def with_session(_: Annotated[dict[str, str], Depends(known_caller)]) -> Me:
    """One person, for a good token of a session that Redis knows."""
    return PERSON


@app.get("/orm-read/{id}", response_model=Me)
async def orm_read(id: UUID, database: Database) -> User:
    """One person, read by primary key."""
    user = await database.get(User, id)
    if user is None:
        raise HTTPException(404)
    return user


@app.post("/sign-in", status_code=201)
async def sign_in(given: Credentials, database: Database) -> SignedIn:
    """Check the password and keep a session."""
    user = await database.scalar(select(User).where(User.email == given.login))
    if user is None:
        raise HTTPException(401)
    try:
        await run_in_threadpool(hasher.verify, user.password, given.password)
    except VerifyMismatchError as error:
        raise HTTPException(401) from error
    session = Session(id=uuid4(), user_id=user.id, refresh_token=secrets.token_urlsafe(32))
    database.add(session)
    await database.commit()
    at = datetime.now(UTC)
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": str(user.id), "sid": str(session.id), "jti": str(uuid4())}
    token = jwt.encode({**claims, "iat": at, "exp": at + timedelta(minutes=15)}, SECRET, "HS256")
    return SignedIn(access_token=token, refresh_token=session.refresh_token)


@app.post("/register", status_code=201, response_model=Me)
async def register(new: NewUser, database: Database) -> User:
    """Keep a new person."""
    password = await run_in_threadpool(hasher.hash, new.password)
    user = User(email=new.email, username=new.username, full_name=new.full_name, password=password)
    database.add(user)
    try:
        await database.commit()
    except IntegrityError as error:
        raise HTTPException(409) from error
    return user
