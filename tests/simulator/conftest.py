"""A simulator of our own on free ports, so that restarts and faults disturb nobody else."""

import hashlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

PROJECT = Path(__file__).resolve().parents[2]


@dataclass
class Outside:
    """One running simulator, spoken to over HTTP only."""

    data: Path
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    addresses: dict[str, str] = field(default_factory=dict)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=10))

    def start(self) -> "Outside":
        command = [sys.executable, "-m", "opsa.simulator", "--data", str(self.data), *self.options]
        if "--port" not in self.options:
            command += ["--port", "0"]
        (self.data / "addresses.json").unlink(missing_ok=True)
        self.process = subprocess.Popen(
            command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=sys.stderr
        )
        until = time.monotonic() + 20
        while not (self.data / "addresses.json").exists():
            assert self.process.poll() is None, "the simulator ended by itself"
            assert time.monotonic() < until, "the simulator did not get ready"
            time.sleep(0.02)
        self.addresses = json.loads((self.data / "addresses.json").read_text())
        self.addresses.pop("pid")
        return self

    def end(self, how: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(timeout=10)

    def call(self, method: str, service: str, path: str, **options: Any) -> httpx.Response:
        return self.http.request(method, self.addresses[service] + path, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.call("GET", path.split("/")[1], path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return self.call("POST", path.split("/")[1], path, json=body, **options)

    def api(self, path: str, body: Any = None, method: str = "") -> Any:
        """A control call that must succeed."""
        method = method or ("GET" if body is None else "POST")
        answer = self.call(method, "control", f"/api/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def dial(self, service: str, **change: Any) -> Any:
        return self.api("dial", {service: change}, "PUT")

    def upload(self, name: str = "giay-chung-sinh.pdf", content: bytes = b"%PDF-1.7 giay") -> Any:
        answer = self.call(
            "POST",
            "portal",
            "/portal/tep",
            content=content,
            headers={"X-Ten-Tep": name, "Content-Type": "application/octet-stream"},
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def filing(self, reference: str, files: int = 1, **more: Any) -> dict[str, Any]:
        uploads = [self.upload(f"tep-{n}.pdf", f"{reference} {n}".encode()) for n in range(files)]
        return {
            "MaThamChieu": reference,
            "MaTTHC": "1.001193",
            "TenTTHC": "Đăng ký khai sinh",
            "MaDonViTiepNhan": "10009",
            "ThongTinNguoiNop": {"HoTen": "NGUYỄN THỊ THỬ"},
            "ThanhPhanHoSo": [
                {
                    "MaThanhPhanHoSo": f"TP{n}",
                    "TenGiayTo": "Giấy chứng sinh",
                    "SoTrang": 1,
                    "GiayToDinhKem": [
                        {
                            "IdGiayTo": upload["IdTepTin"],
                            "TenGiayTo": upload["TenTep"],
                            "HashTepTin": upload["HashTepTin"],
                            "SoByte": upload["SoByte"],
                        }
                    ],
                }
                for n, upload in enumerate(uploads)
            ],
            **more,
        }

    def filed(self, reference: str, files: int = 1, **more: Any) -> str:
        """Files a dossier that must be accepted; its code."""
        answer = self.post("/portal/ho-so", self.filing(reference, files, **more))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["MaHoSo"])

    def effects(self, reference: str) -> int:
        dossiers = self.api(f"truth?reference={reference}")["dossiers"]
        return int(dossiers[reference]["count"]) if reference in dossiers else 0


def until(condition: Callable[[], object], seconds: float = 15) -> None:
    """Waits for something that happens by itself; a busy machine may take its time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def s10(serial: int, kind: str = "EE") -> str:
    digits = f"{serial:08d}"
    total = sum(int(d) * w for d, w in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=True))
    check = {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)
    return f"{kind}{digits}{check}VN"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[Outside]:
    outside = Outside(tmp_path_factory.mktemp("outside")).start()
    yield outside
    outside.http.close()
    assert outside.end() == 0


@pytest.fixture
def outside(running: Outside) -> Outside:
    """A simulator that holds nothing, all dials at rest, no supplement asked by chance."""
    running.api("reset", {"seed": 1})
    running.dial("portal", plan={"supplement_rate": 0})
    running.dial("carrier", plan={"failed_rate": 0, "return_rate": 0})
    return running


@pytest.fixture
def own(tmp_path: Path) -> Generator[Outside]:
    """A simulator for one test, to be stopped and started again."""
    outside = Outside(tmp_path)
    yield outside
    outside.http.close()
    if outside.process is not None and outside.process.poll() is None:
        outside.end()
