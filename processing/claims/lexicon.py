"""Closed word lists, folded: heads of names, negation, opposites, synonyms, provinces. Edited by hand; read by facts, core and relation."""

from __future__ import annotations

PLACE_HEADS = ("thanh pho", "tinh", "huyen", "quan", "thi xa", "thi tran", "xa", "phuong", "thon", "ban", "buon", "ap", "khu pho", "to dan pho",
               "duong", "pho", "quoc lo", "cau", "song", "ho", "deo", "nui", "bien", "dao", "cho", "ben xe", "san bay", "tp", "thuy dien", "kenh",
               "dap", "cang", "chung cu", "vinh", "ho chua", "ho thuy dien", "khu cong nghiep", "kcn", "lang")  # fmt: skip
ORG_HEADS = ("so", "bo", "ubnd", "uy ban nhan dan", "hoi dong nhan dan", "cong ty", "tap doan", "benh vien", "truong", "truong tieu hoc", "dai hoc",
             "truong dai hoc", "ngan hang", "vien", "cuc", "tong cuc", "chi cuc", "ban quan ly", "trung tam", "hoi", "lien doan", "doi tuyen",
             "cau lac bo", "clb", "nha may", "bao", "dai", "tong cong ty", "hop tac xa", "truong thcs", "truong thpt", "truong mam non", "hang",
             "thuong hieu", "ung dung", "phan mem")  # fmt: skip
NOT_NAMES = frozenset(["theo", "nhung", "cac", "trong", "ngay", "tu", "khi", "sau", "truoc", "tai", "hien", "mot", "hai", "ba", "bon", "nam", "sau", "bay", "tam", "chin", "muoi", "nguoi", "dan", "tin", "nhieu", "co", "khong", "da", "dang", "se", "vua", "moi", "toan", "tat", "ca", "moi", "bai", "viet", "tuy", "nhien", "trong", "khi", "do", "ngoai", "ra", "ben", "canh", "truoc", "do", "dong", "thoi", "cung", "hom", "nay", "sang", "chieu", "toi", "dem", "qua", "nay", "vi", "do", "nen", "neu", "thi", "ong", "ba", "anh", "chi", "co", "chu", "em", "chau", "so", "thong", "bao", "canh", "bao", "day", "la", "loai", "cho", "den", "gia", "muc", "hon", "gan", "khoang", "it", "nhat", "trang", "mang", "clip", "hinh", "anh", "video", "the", "a", "tuan", "thang", "quy", "dot", "lan", "dau", "dich", "benh", "nuoc", "xe", "lo", "vu", "viec", "ho", "hoc", "sinh", "truong", "benh", "vien", "ngan", "hang", "cong", "ty", "cau", "duong", "chung", "cu", "mua", "bao", "lu", "khu", "vuc", "phu", "huynh", "cong", "nhan", "tu", "nay", "ke", "bat", "nho", "nha", "bac", "si", "giao", "vien", "dien", "xang", "gao", "thuoc", "vac", "xin", "doan", "con", "mon", "giua", "doi", "voi", "ve", "viec", "hang", "loat", "bo", "y", "te", "giao", "duc", "cong", "thuong", "tai", "chinh"])  # fmt: skip
NEGATION = ("khong", "chua", "chang", "cha he", "khong he", "chua tung", "chua he", "khong phai", "bac bo", "phu nhan", "huy bo", "huy",
            "chua bao gio", "khong con", "not", "never", "no", "khong duoc", "dinh chinh")  # fmt: skip
ANTONYMS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("tang", "len muc", "nang len", "tang them", "tang vot"), ("giam", "ha xuong", "giam xuong", "giam bot", "cat giam", "sut giam")),
    (("dong cua", "ngung hoat dong", "dung hoat dong"), ("mo cua", "hoat dong tro lai", "mo lai", "khai truong")),
    (("cam", "nghiem cam"), ("cho phep", "duoc phep")),
    (("bat buoc", "buoc phai"), ("tu nguyen", "khong bat buoc", "tuy chon")),
    (("mien phi", "mien toan bo", "khong thu phi"), ("thu phi", "tinh phi", "mat phi")),
    (("cao hon", "lon hon", "nhieu hon"), ("thap hon", "nho hon", "it hon")),
    (("cao nhat", "lon nhat", "nhieu nhat"), ("thap nhat", "nho nhat", "it nhat")),
    (("bat dau", "khoi dong", "khoi cong"), ("ket thuc", "cham dut", "khanh thanh")),
    (("an toan", "dat chuan", "trong nguong cho phep"), ("o nhiem", "khong an toan", "khong dat chuan", "vuot nguong", "nhiem doc")),
    (("thang",), ("thua", "that bai truoc")),
    (("xuat khau",), ("nhap khau",)),
    (("trong nuoc",), ("nuoc ngoai",)),
    (("dau tien",), ("cuoi cung",)),
    (("toi da", "nhieu nhat"), ("toi thieu", "it nhat")),
    (("tiep tuc", "duy tri"), ("tam dung", "tam ngung", "dinh chi", "ngung", "dung han")),
    (("thanh cong",), ("that bai",)),
    (("song sot", "con song"), ("tu vong", "chet", "thiet mang")),
    (("duong tinh",), ("am tinh",)),
    (("dong y", "chap thuan", "phe duyet"), ("tu choi", "bac don", "khong dong y")),
    (("co hieu luc",), ("het hieu luc", "bi bai bo")),
    (("truoc khi",), ("sau khi",)),
    (("cap moi", "cap phep"), ("thu hoi", "rut phep")),
    (("sap nhap", "hop nhat"), ("chia tach", "tach ra")),
    (("nhan duoc", "duoc nhan"), ("bi mat", "phai nop")),
    (("phia bac", "mien bac"), ("phia nam", "mien nam")),
    (("mien dong", "phia dong"), ("mien tay", "phia tay")),
    (("buoi sang",), ("buoi chieu", "buoi toi")),
    (("cong lap",), ("tu thuc", "ngoai cong lap")),
    (("duong bo",), ("duong thuy", "duong sat", "duong hang khong")),
    (("nam gioi", "dan ong"), ("nu gioi", "phu nu")),
    (("tre em",), ("nguoi lon", "nguoi cao tuoi", "nguoi gia")),
    (("giam gia", "ha gia"), ("tang gia", "nang gia")),
    (("co lai", "lai"), ("thua lo", "lo nang")),
    (("nhanh hon", "som hon"), ("cham hon", "muon hon")),
    (("de nghi dung", "phan doi"), ("ung ho",)),
    (("da vo", "bi vo", "vo dap"), ("khong vo", "van an toan", "on dinh")),
    (("het han", "qua han"), ("con han",)),
    (("noi long", "go bo", "do bo"), ("siet chat", "ap dat", "ap dung")),
    (("ngap",), ("kho han", "han han")),
)
# Words that may stand for one another without changing what is claimed; the first is the form compared.
SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("tam dung", "tam ngung", "tam ngung hoat dong", "ngung", "dung"), ("tu vong", "chet", "thiet mang", "qua doi", "mat mang"),
    ("bi thuong", "thuong vong"), ("nguoi dan", "ba con", "dan cu", "cu dan"), ("hoc sinh", "em hoc sinh", "hoc tro"),
    ("benh nhan", "nguoi benh", "ca benh", "ca mac"), ("giao vien", "thay co", "thay co giao"), ("xe may", "xe gan may"), ("o to", "xe hoi", "xe oto"),
    ("dong cua", "ngung hoat dong"), ("thong bao", "cho biet", "cong bo", "thong tin"), ("nhiem", "mac", "bi nhiem"), ("chua", "chua he", "chua tung"),
    ("khong", "khong he", "chang"), ("bat buoc", "buoc phai", "phai"), ("dien", "dien sinh hoat"), ("mua lon", "mua to"), ("vo", "bi vo", "vo toac"),
    ("nuoc may", "nuoc sinh hoat", "nuoc sach"), ("sat lo", "lo dat", "truot lo"), ("vac xin", "vaccine", "vac-xin"), ("phi", "le phi"),
    ("cap", "phat", "trao"), ("hoc phi", "tien hoc"), ("the tich", "dung tich"), ("ngap", "ngap lut", "ngap nuoc"), ("mien phi", "khong mat tien", "khong thu tien"),
    ("can cuoc", "can cuoc cong dan", "cccd"), ("bao hiem y te", "bhyt"), ("bao hiem xa hoi", "bhxh"), ("lua dao", "chiem doat"), ("bat dau", "ke tu"),
    ("khu vuc", "dia ban", "vung"), ("thuc hien", "trien khai", "ap dung"), ("tang gia", "len gia"), ("xang dau", "xang"), ("sap", "chuan bi", "sap toi"),
    ("ngay mai", "mai"), ("khoang", "chung", "xap xi", "gan"), ("hon", "tren"), ("toan bo", "tat ca", "toan the"), ("chua benh", "dieu tri"),
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
FILLERS = frozenset(["la", "thi", "ma", "cua", "va", "cac", "nhung", "da", "dang", "se", "vua", "moi", "roi", "duoc", "bi", "co", "ve", "cho", "voi", "tai", "o", "trong", "tren", "tu", "den", "ra", "vao", "nay", "do", "ay", "kia", "cung", "rang", "mot", "cai", "chiec", "ca", "vi", "do", "nhu", "theo", "khi", "nham", "de", "se", "con", "day", "the", "nhe", "nha", "a", "oi", "vay", "luon", "ngay", "rat", "lai", "moi", "nguoi", "nghe", "tin", "noi", "loan", "don", "mang", "bao", "chi", "viec"])  # fmt: skip
