"""Real disks that are full, read-only or damaged, and clocks that jump: one clear line, and nothing lost."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest

from runware_nb import errors
from runware_nb.memory import ledger
from runware_nb.sandbox import Sandbox
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

IMAGE = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a fox", "width": 512, "height": 512}


@contextmanager
def mounted(folder, options):
    """Mount a file system in memory, where that is allowed."""
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount, "-t", "tmpfs", "-o", options, "tmpfs", folder]
    if not mount or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a file system")
    try:
        yield folder
    finally:
        subprocess.run([shutil.which("umount"), "-l", folder], check=True)


def remounted(folder, options):
    subprocess.run([shutil.which("mount"), "-o", f"remount,{options}", folder], check=True)


@pytest.fixture
def box():
    with Sandbox(latency=(0, 0.02)) as box:
        yield box


def opened(box, folder, ledger):
    return Session(Endpoint(box.http_url, box.ws_url, Secret(box.api_key)), folder=folder, ledger=ledger)


async def test_what_a_full_disk_could_not_take_comes_back_once_there_is_room(box, tmp_path):
    with mounted(tmp_path / "disk", "size=64k") as disk:
        (disk / "ballast").write_bytes(b"\0" * 60_000)
        async with opened(box, disk / "out", tmp_path / "ledger.sqlite") as session:
            (result,) = await session.run([IMAGE])
            (disk / "ballast").unlink()
            remounted(disk, "size=4m")
            (back,) = await session.resume()

            assert (result.path, "full" in result.asset.problem) == (None, True)
            assert back.path.stat().st_size == back.asset.bytes
    assert len(box.billed()) == 1


async def test_a_ledger_on_a_full_disk_stops_the_run_before_it_is_paid_for(box, tmp_path):
    with mounted(tmp_path / "disk", "size=64k") as disk:
        (disk / "ballast").write_bytes(b"\0" * 60_000)
        async with opened(box, tmp_path / "out", disk / "ledger.sqlite") as session:
            with pytest.raises(errors.UsageError, match="full"):
                await session.run([IMAGE])
    assert box.billed() == {}


async def test_a_read_only_folder_says_so_and_loses_nothing(box, tmp_path):
    with mounted(tmp_path / "disk", "size=4m") as disk:
        remounted(disk, "ro")
        async with opened(box, disk / "out", tmp_path / "ledger.sqlite") as session:
            (result,) = await session.run([IMAGE])
            remounted(disk, "rw")
            (back,) = await session.resume()

            assert "read-only" in result.asset.problem
            assert back.path.is_file()


async def test_a_damaged_ledger_is_set_aside_by_name_and_the_run_goes_on(box, tmp_path):
    (tmp_path / "ledger.sqlite").write_bytes(b"SQLite format 3\0" + b"garbage" * 1000)
    told = []
    place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "ledger.sqlite", tell=told.append) as session:
        (result,) = await session.run([IMAGE])

    assert result.path.is_file()
    assert len(list(tmp_path.glob("ledger.damaged-*"))) == 1
    assert "is kept as" in told[0]


async def test_a_ledger_whose_disk_fills_up_meanwhile_costs_no_result(box, tmp_path):
    told = []
    place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
    with mounted(tmp_path / "disk", "size=400k") as disk:
        async with Session(place, folder=tmp_path / "out", ledger=disk / "ledger.sqlite", tell=told.append) as session:
            await session.run([IMAGE])

            def fill(_run):
                with suppress(OSError):
                    (disk / "ballast").write_bytes(b"\0" * 400_000)

            run = await session.run([{**IMAGE, "seed": 7}], watch=fill)
            (disk / "ballast").unlink()
            back = await session.resume()

    assert (len(run), run[0].path.is_file()) == (1, True)
    assert not told or "resume brings back" in told[0]
    assert len(box.billed()) == 2
    assert all(r.path.is_file() for r in back)


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
async def test_a_clock_that_jumps_loses_nothing(days, box, tmp_path, monkeypatch):
    class Moved(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(days=days)

    async with opened(box, tmp_path / "out", tmp_path / "ledger.sqlite") as session:
        await session.run([IMAGE])
        monkeypatch.setattr(ledger, "datetime", Moved)
        run = await session.run([IMAGE, {**IMAGE, "seed": 7}])
        monkeypatch.setattr(ledger, "datetime", datetime)
        open_ = await session.resume()
        totals = await session.totals()

    assert [r.cached for r in run] == [True, False]
    assert (len(open_.tasks), totals.in_flight, totals.doubtful) == (0, (0.0, 0), 0)
    assert datetime.now(UTC) - run.started < timedelta(minutes=1)
