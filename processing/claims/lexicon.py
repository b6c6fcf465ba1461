"""Closed word lists, folded: heads of names, negation, provinces. Edited by hand; read by facts and tokens."""

from __future__ import annotations

PLACE_HEADS = ("thanh pho", "tinh", "huyen", "quan", "thi xa", "thi tran", "xa", "phuong", "thon", "ban", "buon", "ap", "khu pho", "to dan pho",
               "duong", "pho", "quoc lo", "cau", "song", "ho", "deo", "nui", "bien", "dao", "cho", "ben xe", "san bay", "tp", "thuy dien", "kenh",
               "dap", "cang", "chung cu", "vinh", "ho chua", "ho thuy dien", "khu cong nghiep", "kcn", "lang")  # fmt: skip
ORG_HEADS = ("so", "bo", "ubnd", "uy ban nhan dan", "hoi dong nhan dan", "cong ty", "tap doan", "benh vien", "truong", "truong tieu hoc", "dai hoc",
             "truong dai hoc", "ngan hang", "vien", "cuc", "tong cuc", "chi cuc", "ban quan ly", "trung tam", "hoi", "lien doan", "doi tuyen",
             "cau lac bo", "clb", "nha may", "bao", "dai", "tong cong ty", "hop tac xa", "truong thcs", "truong thpt", "truong mam non", "hang",
             "thuong hieu", "ung dung", "phan mem")  # fmt: skip
NOT_NAMES = frozenset((  # noqa: SIM905 - a list this long reads better as text
    "theo nhung cac trong ngay tu khi sau truoc tai hien mot hai ba bon nam bay tam chin muoi nguoi dan tin nhieu co khong da dang se "
    "vua moi toan tat ca bai viet tuy nhien do ngoai ra ben canh dong thoi cung hom nay sang chieu toi dem qua vi nen neu thi ong anh "
    "chi chu em chau so thong bao day la loai cho den gia muc hon gan khoang it nhat trang mang clip hinh video the a tuan thang quy "
    "dot lan dau dich benh nuoc xe lo vu viec ho hoc sinh truong vien ngan hang cong ty cau duong chung cu mua lu khu vuc phu huynh "
    "nhan ke bat nho nha bac si giao dien xang gao thuoc vac xin doan con mon giua doi voi ve loat bo y te duc thuong chinh"
).split())
NEGATION = ("khong", "ko", "lam gi co", "chua co", "chua duoc", "chua bi", "chua the", "chua xay", "chua phai", "chang", "cha he", "khong he", "chua tung", "chua he", "khong phai", "bac bo", "phu nhan", "huy bo", "huy",
            "chua bao gio", "khong con", "not", "never", "no", "khong duoc", "dinh chinh")  # fmt: skip
# Whom a statement is about, by office or calling: compared as a fact, and left out of every score, so that it weighs the same whoever it is.
TARGETS = (
    "chủ tịch", "bí thư", "giám đốc", "tổng giám đốc", "bộ trưởng", "thứ trưởng", "thủ tướng", "hiệu trưởng", "viện trưởng", "trưởng phòng", "trưởng thôn", "trưởng ban",
    "đại biểu", "thẩm phán", "bác sĩ", "giáo viên", "giáo sư", "luật sư", "kỹ sư", "nhà báo", "phóng viên", "nông dân", "công nhân", "tiểu thương", "tài xế", "ngư dân",
    "trưởng công an", "cán bộ địa chính", "kế toán", "thủ quỹ", "đảng viên", "doanh nhân", "công chức", "linh mục", "thượng tọa", "mục sư", "sư thầy", "chủ tiệm", "chủ quán", "chủ doanh nghiệp",
)  # fmt: skip
# a negation and the word that says the same without one
NEGATED = (
    (r"khong phai (?:dong|nop|tra|mat|thu)|khong (?:thu|mat) (?:phi|tien)", r"mien|mien phi"), (r"khong duoc (?:phep|vao|qua|di|su dung|ban)", r"cam"),
    (r"khong (?:tiep )?nhan|khong chap nhan|khong cho", r"tu choi|ngung|dung|cam"), (r"khong con|chua con|khong .{0,24} nua", r"het|ngung|dung|tam dung|tam ngung|bo|dong cua"),
    (r"khong hoat dong|khong mo cua", r"dong cua|ngung|dung"), (r"khong co (?:dien|nuoc)", r"mat (?:dien|nuoc)|cat (?:dien|nuoc)"), (r"khong an toan", r"nguy hiem|mat an toan"),
    (r"khong dat", r"truot|vuot nguong|kem"), (r"khong bat buoc", r"tu nguyen"), (r"khong song sot", r"chet|tu vong"), (r"chua het", r"con"),
)  # fmt: skip
_TODAY = (
    "ha noi,hue,hai phong,da nang,can tho,ho chi minh,lai chau,dien bien,son la,lang son,quang ninh,thanh hoa,nghe an,ha tinh,cao bang,tuyen quang,"
    "lao cai,thai nguyen,phu tho,bac ninh,hung yen,ninh binh,quang tri,quang ngai,gia lai,khanh hoa,lam dong,dak lak,dong nai,tay ninh,vinh long,"
    "dong thap,ca mau,an giang"
)
_BEFORE = (
    "ha giang,bac kan,yen bai,hoa binh,bac giang,vinh phuc,hai duong,ha nam,nam dinh,thai binh,quang binh,thua thien hue,quang nam,binh dinh,phu yen,"
    "ninh thuan,binh thuan,kon tum,dak nong,binh phuoc,binh duong,ba ria vung tau,ba ria - vung tau,long an,tien giang,ben tre,tra vinh,kien giang,hau giang,"
    "soc trang,bac lieu,sai gon,tp hcm,tphcm,tp.hcm,hcm"
)
PROVINCES: dict[str, str] = {n: n for n in (_TODAY + "," + _BEFORE).split(",")} | {
    "sai gon": "ho chi minh", "tp hcm": "ho chi minh", "tphcm": "ho chi minh", "tp.hcm": "ho chi minh", "hcm": "ho chi minh", "thua thien hue": "hue",
    "ba ria - vung tau": "ba ria vung tau",
}  # fmt: skip
