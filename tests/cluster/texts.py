"""Invented news about invented places, for tests."""

from __future__ import annotations

WATER = [
    ("Nước sinh hoạt ở xã Lũng Vân đục và có mùi lạ", "Hơn 300 hộ dân xã Lũng Vân phản ánh nước máy đục, có mùi lạ suốt một tuần nay.\nTrạm cấp nước "
     "Lũng Vân cho biết bể lọc bị tắc sau mưa lớn. Ủy ban nhân dân xã đã lấy mẫu nước gửi trung tâm y tế kiểm tra."),
    ("Lũng Vân: người dân lo ngại nước máy có mùi", "Nhiều gia đình tại xã Lũng Vân phải mua nước đóng bình vì nước máy đục.\nTheo trạm cấp nước, "
     "bể lọc quá tải sau đợt mưa. Kết quả xét nghiệm mẫu nước sẽ có trong ba ngày tới."),
    ("Lấy mẫu kiểm tra nước đục tại Lũng Vân", "Trung tâm y tế huyện đã lấy mẫu nước máy ở xã Lũng Vân sau phản ánh nước đục, có mùi.\nĐơn vị cấp "
     "nước hứa súc rửa bể lọc và cấp nước bằng xe bồn cho các hộ dân trong thời gian chờ kết quả."),
]  # fmt: skip
ROADS = [
    ("Sạt lở chia cắt tuyến đường lên Mường Khao", "Mưa lớn đêm qua làm sạt lở hàng nghìn mét khối đất đá, chia cắt đường lên xã Mường Khao.\nLực "
     "lượng giao thông dùng máy xúc mở đường tạm, dự kiến thông xe vào chiều mai."),
    ("Đường Mường Khao tê liệt vì đất đá sạt lở", "Tuyến đường độc đạo lên Mường Khao bị đất đá vùi lấp nhiều đoạn sau mưa lớn.\nMáy xúc đang làm "
     "việc suốt ngày đêm để thông xe, học sinh phải nghỉ học."),
]  # fmt: skip
SCHOOL = ("Trường học vùng cao khánh thành thư viện mới", "Thư viện với hơn ba nghìn đầu sách được đưa vào sử dụng tại trường tiểu học Bản Mạ.\n"
          "Các em học sinh có thêm không gian đọc sách và học nhóm sau giờ lên lớp.")  # fmt: skip
