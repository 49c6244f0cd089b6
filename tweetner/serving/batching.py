"""Tweets of concurrent requests → batches for one tagger."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

Entities = list[dict[str, Any]]
"""Of one tweet: `{"type", "text", "start", "end", "score"}` each, as a `Tagger` gives them."""

BATCH_TWEETS = 128
BATCH_CHARACTERS = (
    16_384  # about a second of DistilBERT on one core; longer, others would wait, and a stop
)
MAX_WAITING = 4096  # tweets


class Batcher:
    """Tags tweets together that wait at the same time, oldest first.

    Nothing is delayed to make a batch larger: an idle tagger takes a tweet at once, a busy one next takes what has
    collected meanwhile. A request's tweets may be parted, so that a large request does not hold up small ones.

    Args:
        tagger: Called in a thread of its own, with one batch at a time.
        on_batch: Called with the number of tweets of each batch.
    """

    def __init__(
        self, tagger: Callable[[list[str]], list[Entities]], on_batch: Callable[[int], None]
    ) -> None:
        self._tagger = tagger
        self._on_batch = on_batch
        self._queue: asyncio.Queue[tuple[str, asyncio.Future[Entities]]] = asyncio.Queue()

    @property
    def n_waiting(self) -> int:
        """Tweets that no batch has taken yet."""
        return self._queue.qsize()

    async def tag(self, tweets: Sequence[str]) -> list[Entities]:
        """The entities of each tweet, as `tagger(tweets)` gives them.

        Raises:
            asyncio.QueueFull: Too many tweets wait already.
        """
        if self.n_waiting and self.n_waiting + len(tweets) > MAX_WAITING:
            raise asyncio.QueueFull
        answers: list[asyncio.Future[Entities]] = [
            asyncio.get_running_loop().create_future() for _ in tweets
        ]
        for waiting in zip(tweets, answers, strict=True):
            self._queue.put_nowait(waiting)
        return await asyncio.gather(*answers)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer inside the `async with`; a batch that is with the tagger at the end is waited for."""
        with ThreadPoolExecutor(1, "tagger") as thread:
            work = asyncio.create_task(self._work(thread))
            try:
                yield
            finally:
                work.cancel()

    async def _work(self, thread: ThreadPoolExecutor) -> None:
        while True:
            tweets, answers = await self._next_batch()
            self._on_batch(len(tweets))
            results = await asyncio.get_running_loop().run_in_executor(thread, self._tag, tweets)
            for answer, result in zip(answers, results, strict=True):
                if answer.done():
                    continue  # its request ran out of time
                if isinstance(result, Exception):
                    answer.set_exception(result)
                else:
                    answer.set_result(result)

    async def _next_batch(self) -> tuple[list[str], list[asyncio.Future[Entities]]]:
        tweets: list[str] = []
        answers: list[asyncio.Future[Entities]] = []
        n_characters = 0
        while not tweets or (
            self.n_waiting and len(tweets) < BATCH_TWEETS and n_characters < BATCH_CHARACTERS
        ):
            tweet, answer = await self._queue.get()
            if not answer.done():
                tweets.append(tweet)
                answers.append(answer)
                n_characters += len(tweet)
        return tweets, answers

    def _tag(self, tweets: list[str]) -> list[Entities | Exception]:
        """Where a tweet makes the tagger fail, that tweet alone fails."""
        try:
            return list(self._tagger(tweets))
        except Exception as error:
            if len(tweets) == 1:
                return [error]
            return [answer for tweet in tweets for answer in self._tag([tweet])]
