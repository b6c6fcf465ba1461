"""Opposites, words of one meaning, and fillers, written with diacritics; an undiacritised text is compared with their folded forms.

Edited by hand. Folded forms that collide with common words ("bỏ" and "bộ") are used only where the text has diacritics.
"""

from __future__ import annotations

ANTONYMS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("tăng", "lên mức", "nâng lên", "tăng vọt", "đắt hơn"), ("giảm", "hạ xuống", "hạ giá", "cắt giảm", "sụt")),
    (("đóng cửa", "ngừng hoạt động", "dừng hoạt động"), ("mở cửa", "hoạt động trở lại", "mở lại", "khai trương", "hoạt động bình thường")),
    (("cấm", "không được phép"), ("cho phép", "được phép")),
    (("bắt buộc", "buộc phải"), ("tự nguyện", "không bắt buộc", "tùy chọn")),
    (("miễn", "miễn phí", "không thu", "không phải nộp", "không phải đóng"), ("thu phí", "tính phí", "mất phí", "phải đóng", "phải nộp", "phải trả")),
    (("cao hơn", "lớn hơn", "nhiều hơn"), ("thấp hơn", "nhỏ hơn", "ít hơn")),
    (("cao nhất", "lớn nhất", "nhiều nhất"), ("thấp nhất", "nhỏ nhất", "ít nhất")),
    (("bắt đầu", "khởi động", "khởi công"), ("kết thúc", "chấm dứt", "khánh thành")),
    (("an toàn", "đạt chuẩn", "trong ngưỡng cho phép"), ("ô nhiễm", "mất an toàn", "vượt ngưỡng", "nhiễm độc", "nhiễm")),
    (("chiến thắng", "giành thắng"), ("thua trận", "thua cuộc", "bại trận")), (("xuất khẩu",), ("nhập khẩu",)), (("trong nước",), ("nước ngoài",)),
    (("đầu tiên",), ("cuối cùng",)), (("tối đa",), ("tối thiểu",)),
    (("tiếp tục", "duy trì"), ("tạm dừng", "tạm ngừng", "đình chỉ", "ngừng", "ngưng", "dừng")), (("thành công",), ("thất bại",)),
    (("sống sót", "còn sống"), ("tử vong", "chết", "thiệt mạng")), (("dương tính",), ("âm tính",)),
    (("đồng ý", "chấp thuận", "phê duyệt"), ("từ chối", "bác đơn", "không đồng ý")), (("có hiệu lực",), ("hết hiệu lực", "bị bãi bỏ")),
    (("trước",), ("sau",)), (("cấp mới", "cấp phép", "cấp lại"), ("thu hồi", "rút phép")), (("sáp nhập", "hợp nhất", "nhập vào"), ("chia tách", "tách ra")),
    (("được nhận", "nhận được", "được phát", "được cấp"), ("phải nộp", "phải đóng", "bị thu")), (("phía bắc", "miền bắc"), ("phía nam", "miền nam")),
    (("miền đông", "phía đông"), ("miền tây", "phía tây")), (("buổi sáng", "sáng"), ("buổi chiều", "buổi tối", "chiều", "tối", "đêm")),
    (("công lập",), ("tư thục", "ngoài công lập")), (("đường bộ",), ("đường thủy", "đường sắt")), (("nam giới", "đàn ông"), ("nữ giới", "phụ nữ")),
    (("trẻ em", "em nhỏ"), ("người lớn", "người cao tuổi", "người già")), (("có lãi",), ("thua lỗ", "lỗ nặng")), (("nhanh", "sớm hơn"), ("chậm", "muộn hơn")),
    (("phản đối",), ("ủng hộ",)), (("bị vỡ", "vỡ đập", "nứt", "vỡ"), ("không vỡ", "vẫn an toàn", "ổn định")),
    (("hết hạn", "quá hạn", "hết giá trị", "không còn giá trị"), ("còn hạn", "còn giá trị", "vẫn còn hạn")),
    (("nới lỏng", "gỡ bỏ", "dỡ bỏ"), ("siết chặt", "áp đặt", "áp dụng")), (("chia cắt", "tắc nghẽn", "bị chặn"), ("thông xe", "thông tuyến", "lưu thông trở lại")),
    (("bỏ", "bãi bỏ", "xóa bỏ", "hủy"), ("thêm", "bổ sung", "giữ lại", "giữ nguyên")), (("hạ cánh",), ("cất cánh",)), (("xả lũ", "xả nước"), ("tích nước", "đóng tràn")),
    (("mất liên lạc",), ("liên lạc trở lại", "liên lạc được", "nối lại liên lạc")), (("sa thải", "cho nghỉ việc", "cắt giảm lao động"), ("tuyển thêm", "tuyển dụng")),
    (("mất điện", "cắt điện", "cúp điện"), ("có điện trở lại", "cấp điện trở lại", "đóng điện")), (("mất nước", "cắt nước", "cúp nước"), ("có nước trở lại", "cấp nước trở lại")),
    (("giả",), ("thật",)), (("mua vào",), ("bán ra",)), (("vào",), ("ra khỏi",)), (("phát hiện", "tìm thấy"), ("không tìm thấy", "chưa tìm thấy")),
    (("cho vay",), ("đi vay",)), (("lỗ",), ("lãi",)), (("nặng",), ("nhẹ",)), (("khỏe mạnh",), ("nguy kịch", "ốm nặng")), (("bán",), ("mua",)),
)  # fmt: skip
# the first form is the one compared
SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("tạm dừng", "tạm ngừng", "tạm ngưng", "ngừng", "ngưng", "dừng"), ("đóng cửa", "ngừng hoạt động", "dừng hoạt động"), ("chết", "tử vong", "thiệt mạng", "qua đời", "mất mạng"),
    ("người dân", "bà con", "dân cư", "cư dân", "dân"), ("học sinh", "em học sinh", "học trò", "hs"), ("bệnh nhân", "người bệnh", "ca bệnh", "ca mắc", "bn"),
    ("giáo viên", "thầy cô", "thầy cô giáo", "gv"), ("xe máy", "xe gắn máy"), ("ô tô", "xe hơi", "xe ô tô"), ("nhiễm", "mắc", "bị nhiễm"), ("buộc", "bắt buộc", "buộc phải"),
    ("mưa lớn", "mưa to"), ("nước máy", "nước sinh hoạt"), ("sạt lở", "lở đất", "trượt lở", "sạt lở đất"), ("vắc xin", "vaccine", "vắc-xin", "vacxin"), ("phí", "lệ phí"),
    ("cấp", "phát", "trao", "nhận", "tiếp nhận", "được nhận", "được cấp", "được phát"), ("học phí", "tiền học"), ("ngập", "ngập lụt", "ngập nước", "ngập úng"), ("miễn phí", "không mất tiền", "không thu tiền", "không tốn tiền", "khỏi trả tiền"),
    ("căn cước", "căn cước công dân", "cccd"), ("bảo hiểm y tế", "bhyt"), ("bảo hiểm xã hội", "bhxh"), ("lừa đảo", "chiếm đoạt"), ("từ", "kể từ", "bắt đầu từ", "bắt đầu", "kể từ khi"),
    ("hộ", "hộ dân", "hộ gia đình", "gia đình"), ("khi", "sau khi", "xong"), ("khu vực", "địa bàn", "vùng"), ("thực hiện", "triển khai", "áp dụng"), ("tăng giá", "lên giá", "tăng"), ("giảm giá", "xuống giá", "hạ giá", "giảm"), ("xăng", "xăng dầu"),
    ("sắp", "chuẩn bị", "sắp tới"), ("khoảng", "chừng", "xấp xỉ", "gần"), ("trên", "hơn"), ("dưới", "chưa đến", "ít hơn"), ("toàn bộ", "tất cả", "toàn thể", "toàn", "cả"),
    ("điều trị", "chữa bệnh", "chữa trị"), ("lợn", "heo"), ("mạng", "internet", "mạng internet"), ("kg", "ký", "ki lô", "cân"), ("cắt điện", "cúp điện", "mất điện"),
    ("cắt nước", "cúp nước", "mất nước", "ngừng cấp nước"), ("thu", "bắt nộp", "nộp", "đóng", "phải đóng", "phải nộp", "phải trả", "bị thu"), ("trẻ em", "em nhỏ", "trẻ nhỏ", "trẻ con", "con nít", "em bé", "trẻ", "em", "cháu", "cháu nhỏ"),
    ("sập", "đổ sập", "sập đổ", "đánh sập", "làm sập"), ("hết hạn", "quá hạn", "hết hạn sử dụng"), ("hết giá trị", "hết giá trị sử dụng", "không còn giá trị", "không còn dùng được"),
    ("sa thải", "cho nghỉ việc", "cho thôi việc", "nghỉ việc"), ("nhà", "căn nhà", "ngôi nhà"), ("ha", "hecta", "héc ta", "héc-ta"), ("nhập viện", "đưa vào viện", "cấp cứu"),
    ("miễn học phí", "không phải đóng học phí", "không đóng học phí", "được miễn học phí"), ("cấm", "không được phép", "không được vào", "không được qua", "không được"),
    ("có", "chứa", "có chứa", "nhiễm"), ("quyết định", "quy định"), ("chi trả", "trả"), ("bệnh viện", "bv"), ("bằng lái", "giấy phép lái xe", "bằng lái xe"),
    ("cảnh sát giao thông", "csgt"), ("ủy ban", "ủy ban nhân dân", "ubnd"), ("thành phố", "tp"), ("từ chối", "không nhận", "không tiếp nhận"), ("tháng", "hằng tháng", "hàng tháng"),
    ("phần trăm", "%"), ("phát hiện", "tìm thấy", "ghi nhận"), ("vượt", "vượt quá", "cao hơn", "cao gấp", "gấp"), ("chó", "đàn chó"), ("nhiều người", "hàng loạt người"),
    ("vì", "do", "bởi", "tại vì"), ("giá", "giá bán"), ("nứt", "rạn nứt", "vết nứt"), ("vỡ", "bị vỡ", "vỡ toác"), ("/s", "mỗi giây", "một giây", "trên giây"), ("/h", "mỗi giờ", "một giờ"), ("hàm lượng", "nồng độ", "lượng"), ("ngưỡng", "ngưỡng cho phép", "mức cho phép", "giới hạn cho phép"), ("hồ", "hồ chứa"), ("sáp nhập", "nhập", "nhập vào"),
    ("sổng chuồng", "để sổng", "xổng chuồng"), ("dừng", "dừng lơ lửng"), ("trường tiểu học", "tiểu học"), ("mầm non", "bậc mầm non", "trẻ mầm non"), ("chuyển", "chuyển khoản"),
    ("xét nghiệm", "kiểm nghiệm", "kết quả xét nghiệm"), ("lan truyền", "chia sẻ"), ("đập", "thân đập", "đập thủy điện"), ("trợ cấp", "hỗ trợ", "tiền hỗ trợ"), ("xe tải", "xe chở hàng"),
    ("không hoạt động", "ngừng chạy"), ("mới", "vừa"), ("đêm", "tối", "vào đêm"), ("yêu cầu", "đòi"), ("mưa đá", "trận mưa đá"), ("cháy", "hỏa hoạn", "bốc cháy"), ("bắt", "bắt giữ"),
    # as people write: short forms, and words of the south beside those of the north
    ("công ty", "cty"), ("trường công lập", "trường công"), ("trường tư thục", "trường tư"), ("chữa khỏi", "khỏi hẳn", "khỏi bệnh", "hết bệnh", "dứt bệnh"),
    ("cạnh", "sát", "bên cạnh", "kế bên", "sát bên", "ngay cạnh"), ("bàn giao", "giao"), ("phí thu gom rác", "tiền rác", "phí rác", "tiền thu gom rác"),
    ("khai sinh", "giấy khai sinh", "làm giấy khai sinh"), ("ngừng chạy", "nghỉ chạy", "tạm ngừng chạy", "dừng chạy"), ("xe khách", "xe đò", "ô tô khách"),
    ("lao xuống", "rơi xuống", "rớt xuống"), ("hư hỏng", "hỏng", "hư"), ("đường liên kết", "đường link", "đường dẫn", "link"), ("tài khoản", "tk"), ("điện thoại", "đt"),
    ("cài đặt", "cài"), ("cha mẹ", "bố mẹ", "ba mẹ", "bố má"), ("ngô", "bắp"), ("sắn", "khoai mì"), ("hoa quả", "trái cây"), ("quả", "trái"), ("ngõ", "hẻm"),
    ("tàu hỏa", "xe lửa", "tàu lửa"), ("xây dựng", "xây", "xây cất"), ("thông báo", "ra thông báo"), ("vứt", "quăng", "liệng"), ("ốm", "bệnh", "đau ốm"),
    ("container", "công-ten-nơ", "công ten nơ"), ("lệ phí", "phí"), ("trả về", "trả lại", "hoàn trả"), ("chính quyền", "nhà chức trách"),
)  # fmt: skip
FILLERS = frozenset((  # noqa: SIM905 - a list this long reads better as text
    "là thì mà của và các những đã đang sẽ vừa mới rồi được bị có về cho với tại ở trong trên từ đến tới ra vào này đó ấy kia cũng rằng một cái chiếc vì "
    "như theo khi nhằm để còn đây thế nhé nhá ạ ơi vậy luôn ngay rất lại mọi người nghe tin nói loan đồn mạng bảo nhau việc khiến làm bởi gây hôm nhằm lúc kể "
    "suốt hết mức tới cho thấy do từng mỗi hằng bài viết clip đoạn đăng truyền chuyện kháo báo ta dân xã hội phải vẫn đều hiện nay ngày tháng vụ "
    "thuộc con nên nữa lên xuống thêm bớt bằng qua so tiền chính cả ai gì nào lấy dùng sử dụng khỏi nhắn giá mẫu bán kết quả ăn điều chỉnh"
).split())
# Fillers of posts, too; only where the text has diacritics, for "nha" is "nhà" and "han" is "hạn" without them.
COLLOQUIAL = frozenset(["trở", "cứ", "hẳn", "xong", "giờ", "nha", "nghen", "nhỉ", "á", "hả", "vậy", "cơ", "bác", "cô", "chú", "mn", "dc", "đc", "vs", "nhg", "lun", "lắm", "quá", "thôi", "đấy", "nè"])
# folded forms that stand for something else too often to be used without diacritics
COLLIDING = frozenset(("bo", "them", "gia", "that", "lo", "lai", "ban", "mua", "nang", "nhe", "vo", "mat", "ra khoi", "vao", "cho", "ca", "ta", "bao", "co", "chua", "toi", "dem", "sang", "chieu", "can", "ky", "thu"))
