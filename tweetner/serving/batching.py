"""Collect the tweets of concurrent requests into batches for one tagger."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from tweetner.tagger import Answer

BATCH_TWEETS = 128
"""Tweets of a full batch."""
BATCH_CHARACTERS = 16_384
"""Characters of a full batch: about a second of DistilBERT on one core, for which others wait."""
MAX_WAITING = 4096
"""Most tweets in the queue."""


class Batcher:
    """Tag the tweets that wait at the same time in one batch, oldest first.

    No tweet is delayed to make a batch larger: an idle tagger takes a tweet at once, and a busy
    one takes next what has collected meanwhile. The tweets of a large request may be split over
    several batches, so that small requests do not wait for all of them.

    Args:
        tagger: Function that tags a batch; it runs in its own thread, one batch at a time.
        on_batch: Function called with the number of tweets of each batch.
    """

    def __init__(
        self, tagger: Callable[[list[str]], list[Answer]], on_batch: Callable[[int], None]
    ) -> None:
        self._tagger = tagger
        self._on_batch = on_batch
        self._queue: asyncio.Queue[tuple[str, asyncio.Future[Answer]]] = asyncio.Queue()

    @property
    def n_waiting(self) -> int:
        """Number of tweets that no batch has taken yet."""
        return self._queue.qsize()

    async def tag(self, tweets: Sequence[str]) -> list[Answer]:
        """Return the entities of each tweet, as `tagger(tweets)` does.

        Raises:
            asyncio.QueueFull: The queue is not empty and has no room for so many tweets.
        """
        if self.n_waiting and self.n_waiting + len(tweets) > MAX_WAITING:
            raise asyncio.QueueFull
        loop = asyncio.get_running_loop()
        answers: list[asyncio.Future[Answer]] = []
        for tweet in tweets:
            answer = loop.create_future()
            answers.append(answer)
            self._queue.put_nowait((tweet, answer))
        return await asyncio.gather(*answers)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tag inside the `async with` block; on leaving, finish the batch that is being tagged."""
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
                    continue  # its request timed out meanwhile
                if isinstance(result, Exception):
                    answer.set_exception(result)
                else:
                    answer.set_result(result)

    async def _next_batch(self) -> tuple[list[str], list[asyncio.Future[Answer]]]:
        """Wait for a tweet, then take what else waits until the batch is full."""
        tweets: list[str] = []
        answers: list[asyncio.Future[Answer]] = []
        n_characters = 0
        while True:
            tweet, answer = await self._queue.get()
            if not answer.done():  # else its request timed out
                tweets.append(tweet)
                answers.append(answer)
                n_characters += len(tweet)
            is_full = len(tweets) >= BATCH_TWEETS or n_characters >= BATCH_CHARACTERS
            if tweets and (is_full or not self.n_waiting):
                return tweets, answers

    def _tag(self, tweets: list[str]) -> list[Answer | Exception]:
        """Tag a batch; on failure tag one by one, so that only the tweet at fault fails."""
        try:
            return list(self._tagger(tweets))
        except Exception as error:
            if len(tweets) == 1:
                return [error]
            return [answer for tweet in tweets for answer in self._tag([tweet])]
