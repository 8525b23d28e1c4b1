"""Who may file for whom, and with which paper (F05).

Sources: the authorisation rule of each procedure in the catalogue; Decree 123/2015/NĐ-CP and
Circular 04/2020/TT-BTP for civil status; the Law on Judicial Records for criminal records; Decree
168/2025/NĐ-CP for household businesses, which names the postal worker's dispatch slip. Where a
procedure's text is silent, the civil-law power of attorney applies and the explanation says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .models import ProcedureVersion

SELF = "self"
POSTAL = "postal"
CLOSE_FAMILY = frozenset({"parent", "child", "spouse", "grandparent", "sibling"})
PARENT_SPOUSE_CHILD = frozenset({"parent", "spouse", "child"})
LEGAL = frozenset({"parent", "guardian"})
RELATED = CLOSE_FAMILY | {"guardian", "relative"}


@dataclass(frozen=True, slots=True)
class MandateRule:
    """Whether this person may file, what paper it takes, and why in plain words.

    `needs`: none | plain (signed power of attorney) | certified | postal_slip (the signed dispatch
    slip) | proof (papers that show who they are to the subject).
    """

    allowed: bool
    needs: str
    explanation: str


def rule(
    version: ProcedureVersion,
    relation: str,
    *,
    mode: str = "assist",
    answers: Mapping[str, str] | None = None,
) -> MandateRule:
    """The rule for a filer who stands in `relation` to the case's subject.

    With mode "on_behalf" our clerk files, so the rule is the one for the postal worker whatever the
    relation of the person at the counter. `answers` matters where the law tells two results apart
    (criminal record no. 1 and no. 2). Never raises; an unknown relation counts as a stranger.
    """
    effective = POSTAL if mode == "on_behalf" else relation
    if effective == SELF:
        return MandateRule(True, "none", _("Tự nộp, không cần giấy ủy quyền."))
    decide = _RULES[ProcedureVersion.Authorisation(version.authorisation)]
    return decide(effective, answers or {})


def _proof(text: str) -> MandateRule:
    return MandateRule(True, "proof", text)


def _refused(text: str) -> MandateRule:
    return MandateRule(False, "none", text)


def _relatives_plain(who: str, _answers: Mapping[str, str]) -> MandateRule:
    if who in CLOSE_FAMILY:
        return MandateRule(
            True, "plain", _("Người thân: giấy ủy quyền ký tay, không phải chứng thực.")
        )
    if who == "guardian":
        return _proof(_("Người giám hộ: mang giấy tờ chứng minh việc giám hộ."))
    return MandateRule(
        True, "certified", _("Không phải người thân: giấy ủy quyền phải được chứng thực.")
    )


def _not_allowed(_who: str, _answers: Mapping[str, str]) -> MandateRule:
    return _refused(_("Việc này không được ủy quyền. Chính người yêu cầu phải nộp."))


def _parents_only(who: str, _answers: Mapping[str, str]) -> MandateRule:
    if who == "parent":
        return MandateRule(True, "none", _("Cha hoặc mẹ nộp cho con, không cần giấy ủy quyền."))
    if who == "guardian":
        return _proof(_("Người giám hộ: mang giấy tờ chứng minh việc giám hộ."))
    return _refused(_("Nên để cha hoặc mẹ tự nộp; hệ thống liên thông hỏi danh tính của cha mẹ."))


def _relative_with_proof(who: str, _answers: Mapping[str, str]) -> MandateRule:
    if who in RELATED:
        return _proof(_("Mang giấy tờ chứng minh quan hệ với người được cấp bản chính."))
    return MandateRule(
        True, "plain", _("Người đại diện: giấy ủy quyền của người được cấp bản chính.")
    )


def _civil_law(who: str, _answers: Mapping[str, str]) -> MandateRule:
    if who in LEGAL:
        return _proof(_("Cha mẹ hoặc người giám hộ: mang giấy tờ chứng minh là người đại diện."))
    return MandateRule(True, "plain", _("Giấy ủy quyền theo luật dân sự, có chữ ký hai bên."))


def _family_free(who: str, answers: Mapping[str, str]) -> MandateRule:
    if answers.get("loai-phieu") == "so-2":
        if who == "parent":
            return _proof(_("Phiếu số 2: chỉ cha mẹ của người chưa thành niên được nộp thay."))
        return _refused(_("Phiếu số 2 không được ủy quyền. Chính người đó phải yêu cầu."))
    if who in PARENT_SPOUSE_CHILD:
        return MandateRule(
            True, "none", _("Cha mẹ, vợ chồng, con: không cần giấy ủy quyền cho Phiếu số 1.")
        )
    return MandateRule(True, "certified", _("Giấy ủy quyền phải được công chứng hoặc chứng thực."))


def _not_stated(who: str, _answers: Mapping[str, str]) -> MandateRule:
    if who in LEGAL:
        return _proof(_("Cha mẹ hoặc người giám hộ: mang giấy tờ chứng minh là người đại diện."))
    return MandateRule(
        True,
        "plain",
        _("Văn bản không nói về ủy quyền. Làm giấy ủy quyền theo luật dân sự cho chắc."),
    )


def _legal_representative(who: str, _answers: Mapping[str, str]) -> MandateRule:
    if who in LEGAL:
        return _proof(_("Người đại diện theo pháp luật: mang giấy tờ chứng minh."))
    return _refused(_("Chỉ người đó hoặc người đại diện theo pháp luật được nộp."))


def _postal_slip(who: str, _answers: Mapping[str, str]) -> MandateRule:
    if who == POSTAL:
        return MandateRule(
            True,
            "postal_slip",
            _("Bản sao phiếu gửi hồ sơ, có chữ ký của nhân viên bưu chính và chủ hộ."),
        )
    return MandateRule(True, "plain", _("Giấy ủy quyền, không bắt buộc công chứng."))


def _representative(who: str, _answers: Mapping[str, str]) -> MandateRule:
    if who in RELATED:
        return _proof(_("Người thân hoặc người đại diện: mang giấy tờ chứng minh quan hệ."))
    return _refused(_("Chỉ người đại diện theo pháp luật hoặc người thân được nộp thay."))


def _civil_document(who: str, _answers: Mapping[str, str]) -> MandateRule:
    if who in LEGAL:
        return _proof(_("Mang giấy tờ chứng minh là người đại diện theo pháp luật."))
    return MandateRule(True, "plain", _("Văn bản về việc đại diện theo luật dân sự."))


_Decide = Callable[[str, Mapping[str, str]], MandateRule]
_A = ProcedureVersion.Authorisation
_RULES: dict[ProcedureVersion.Authorisation, _Decide] = {
    _A.RELATIVES_PLAIN: _relatives_plain,
    _A.NOT_ALLOWED: _not_allowed,
    _A.PARENTS_ONLY: _parents_only,
    _A.RELATIVE_WITH_PROOF: _relative_with_proof,
    _A.CIVIL_LAW: _civil_law,
    _A.CERTIFIED_FAMILY_FREE: _family_free,
    _A.NOT_STATED: _not_stated,
    _A.LEGAL_REPRESENTATIVE: _legal_representative,
    _A.POSTAL_SLIP: _postal_slip,
    _A.REPRESENTATIVE_OR_RELATIVE: _representative,
    _A.CIVIL_DOCUMENT: _civil_document,
}
