"""What was frozen against what the acknowledgement lists, and the difference in plain words."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.acknowledgements.reading import Told, ToldFile

type Difference = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`compared` names what could be held against each other: code, procedure, count, sizes,
    contents. `difference` is what was not equal."""

    compared: list[str]
    difference: list[Difference]

    @property
    def whole(self) -> bool:
        """Whether the files themselves were compared, not only what stands above them."""
        return "sizes" in self.compared


def compare(
    sent: Iterable[Mapping[str, Any]], told: Told, *, code: str, procedure: str
) -> Comparison:
    """Hold what an acknowledgement says against a filing: `sent` are the frozen files, `code` the
    noted dossier code or empty. What the paper does not say is not compared. Pure."""
    ours = list(sent)
    compared: list[str] = []
    found: list[Difference] = []
    if told.code and code:
        compared.append("code")
        if told.code != code:
            found.append({"what": "code", "ours": code, "told": told.code})
    if told.procedure:
        compared.append("procedure")
        if told.procedure != procedure.upper():
            found.append({"what": "procedure", "ours": procedure, "told": told.procedure})
    listed = bool(told.files) and told.count in (None, len(told.files))
    count = len(told.files) if listed else told.count
    if count is not None:
        compared.append("count")
        if count != len(ours):
            found.append({"what": "count", "ours": len(ours), "told": count})
    if listed or count == 0:
        compared.append("sizes")
        if told.files and all(file.sha256 for file in told.files):
            compared.append("contents")
        found += _files(ours, told.files)
    return Comparison(compared, found)


def _files(ours: list[Mapping[str, Any]], told: tuple[ToldFile, ...]) -> list[Difference]:
    """Pairs by name; then by content, then by size where no content is told: a portal may give a
    file another name."""
    left = list(told)
    alone: list[Mapping[str, Any]] = []
    found: list[Difference] = []
    for file in ours:
        same = next((one for one in left if _bare(one.name) == _bare(str(file["name"]))), None)
        if same is None:
            alone.append(file)
            continue
        left.remove(same)
        found += _pair(file, same)
    for file in alone:
        other = next((one for one in left if _alike(file, one)), None)
        if other is None:
            found.append({"file": str(file["name"]), "what": "missing"})
        else:
            left.remove(other)
    found += [{"file": one.name, "what": "extra"} for one in left]
    return found


def _bare(name: str) -> str:
    # A long name may be broken over two lines of the paper.
    return re.sub(r"\s", "", name).lower()


def _alike(file: Mapping[str, Any], told: ToldFile) -> bool:
    same = told.size == file["size"]
    return same and told.sha256 in ("", file["sha256"])


def _pair(file: Mapping[str, Any], told: ToldFile) -> list[Difference]:
    name = str(file["name"])
    if told.size != file["size"]:
        return [{"file": name, "what": "size", "ours": file["size"], "told": told.size}]
    if told.sha256 and told.sha256 != file["sha256"]:
        return [{"file": name, "what": "content"}]
    return []


def about_files(difference: list[Difference]) -> bool:
    """Whether it is the files that differ, and the paper is this dossier's."""
    kinds = {one["what"] for one in difference}
    return not kinds & {"code", "procedure", "taken", "form", "eye"}


def in_words(difference: Difference) -> str:
    """One difference for the clerk. Knows those of a filing sent by ourselves too."""
    said = {"file": "", "ours": "", "told": "", "what": ""} | difference
    match difference.get("what"):
        case "missing":
            return _("Cổng không có tệp %(file)s.") % said
        case "extra":
            return _("Cổng có thêm tệp %(file)s mà hồ sơ không có.") % said
        case "content":
            return _("Tệp %(file)s ở cổng có nội dung khác.") % said
        case "size" if said["told"] != "":
            return _("Tệp %(file)s: đã nộp %(ours)s byte, cổng ghi %(told)s byte.") % said
        case "size":
            return _("Tệp %(file)s ở cổng có dung lượng khác.") % said
        case "count":
            words = ngettext(
                "Cổng ghi %(told)s tệp, hồ sơ có %(ours)s tệp.",
                "Cổng ghi %(told)s tệp, hồ sơ có %(ours)s tệp.",
                int(said["told"]),
            )
            return str(words % said)
        case "code":
            return _("Mã trên giấy là %(told)s, mã đã ghi là %(ours)s.") % said
        case "procedure":
            return _("Thủ tục trên giấy là %(told)s, hồ sơ này là %(ours)s.") % said
        case "eye":
            return _("So bằng mắt thấy giấy tiếp nhận khác với hồ sơ.")
        case "taken":
            return _("Mã %(told)s trên giấy đã ghi cho hồ sơ khác.") % said
        case "form":
            return _("Mã %(told)s trên giấy không đúng dạng mã của hệ thống.") % said
        case _:
            return _("Có điểm khác chưa rõ: %(what)s") % said


def compared_in_words(compared: Iterable[str]) -> str:
    """What was compared, as a list for the clerk."""
    words = {
        "code": _("mã hồ sơ"),
        "procedure": _("thủ tục"),
        "count": _("số tệp"),
        "sizes": _("tên và dung lượng từng tệp"),
        "contents": _("nội dung từng tệp"),
    }
    return ", ".join(words[one] for one in compared if one in words)
