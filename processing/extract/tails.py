"""What Vietnamese (and English) sites print after, and sometimes inside, an article: related links, comment boxes, tags, share bars, ratings."""

from __future__ import annotations

import re

from processing.extract.signature import cut as cut_signatures

_HEADING = re.compile(
    r"""^[\s>»\-–—*•+|:]*(?:
      ý\ kiến\ (?:của\ )?(?:bạn\ đọc|độc\ giả)|(?:gửi\ |viết\ |xem\ )?bình\ luận(?:\ của\ bạn)?(?:\ *\(\d+\))?|phản\ hồi(?:\ \(\d+\))?|
      (?:các\ )?(?:tin|bài|bài\ viết|tin\ bài|tin\ tức)\ (?:có\ )?liên\ quan|những\ (?:tin|bài)(?:\ viết)?\ (?:mới|cũ)\ hơn|(?:các\ )?tin\ (?:mới|cũ)\ hơn|
      (?:các\ )?(?:tin|bài)(?:\ viết|\ đăng)?\ khác|(?:tin\ )?cùng\ chuyên\ mục|(?:các\ )?tin\ đã\ đưa|có\ thể\ bạn\ quan\ tâm|bạn\ có\ thể\ quan\ tâm|
      đọc\ (?:thêm|tiếp|nhiều(?:\ nhất)?)|xem\ (?:thêm|tiếp|nhiều(?:\ nhất)?)|tin\ (?:nổi\ bật|mới(?:\ nhất)?|đọc\ nhiều|tiêu\ điểm)|
      (?:từ|tags?|thẻ)\ ?(?:khóa|khoá)?|chủ\ đề|chia\ sẻ(?:\ bài\ viết)?(?:\ này)?|tổng\ số\ điểm\ của\ bài\ viết.*|click\ để\ đánh\ giá.*|xếp\ hạng.*|
      đánh\ giá\ bài\ viết|lên\ đầu\ trang|(?:quay\ )?về\ trang\ trước|in\ bài(?:\ viết)?|bản\ in|gửi\ email|gửi\ bài\ viết.*|lượt\ xem.*|số\ lượt.*|
      tin\ cùng\ (?:chủ\ đề|sự\ kiện)|sự\ kiện\ nổi\ bật|dòng\ sự\ kiện|nhập\ (?:nội\ dung|ý\ kiến).*|bạn\ cần\ đăng\ nhập.*|
      related\ (?:articles?|stories|posts?|content|news|topics|links)|read\ (?:more|next|also)|more\ (?:from|on|stories).{0,40}|share\ this.*|leave\ a\ (?:comment|reply).*|
      comments?(?:\ \(\d+\))?|\d+\ comments?|recommended(?:\ for\ you)?|you\ (?:may|might)\ (?:also\ )?(?:like|be\ interested\ in).*|most\ (?:read|popular|viewed).*|
      (?:previous|next)\ (?:post|article).*|filed\ under.*|about\ the\ author|popular\ (?:posts|stories)|trending(?:\ now)?|latest\ (?:news|stories|posts)
    )[\s:.…>»]*$""",
    re.IGNORECASE | re.VERBOSE,
)
_LINE = re.compile(
    r"""^(?:
      (?:>>+|»+|→|►|▶|=>)\s*\S.*|
      (?:xem\ thêm|đọc\ thêm|mời\ (?:quý\ vị|bạn\ đọc|độc\ giả|quý\ độc\ giả)(?:\ đón)?\ (?:xem|đọc|theo\ dõi)|tin\ liên\ quan|bài\ liên\ quan|từ\ kh[óo][áa]|tags?)\s*[:>].*|
      theo\ dõi\ .{0,60}\ trên\ .{0,60}|(?:thích|like)\ .{0,30}\ trên\ facebook.*|chia\ sẻ(?:\ lên)?\ (?:facebook|zalo|twitter).*|
      (?:read\ more|related|see\ also|also\ read|read\ also|more|watch|don't\ miss|must\ read)\s*:\s.*|
      (?:advertisement|advertising|sponsored|story\ continues(?:\ below)?.*|article\ continues\ (?:below|after).*|continue\ reading.*|loading\.*|quảng\ cáo|\[?ads?\]?)|
      (?:click|tap)\ here\ to\ .*|sign\ up\ (?:for|to)\ .*|subscribe\ (?:to|for|now).*|follow\ .{2,40}\ on\ (?:twitter|facebook|instagram|x)\b.*|
      get\ .{2,60}\ (?:newsletter|delivered\ to\ your\ inbox).*|download\ (?:the|our)\ .{0,30}app\b.*|all\ rights\ reserved.*|(?:©|\(c\)|copyright)\ .{0,80}|
      share\ on\ (?:facebook|twitter|whatsapp|linkedin|pinterest|email).*|email\ this.*|print(?:\ this)?(?:\ (?:article|page))?|skip\ to\ .*
    )$""",
    re.IGNORECASE | re.VERBOSE,
)


def strip(lines: list[str], *, both_ends: bool = True) -> list[str]:
    """The article's own lines: everything after a tail heading is cut, link lines inside go, then signature lines (`signature.cut`)."""
    total = sum(map(len, lines)) or 1
    seen = 0
    out: list[str] = []
    for index, line in enumerate(lines):
        if len(line) < 120 and _HEADING.match(line):
            if seen and _is_tail(lines[index + 1 :], seen, total):
                break
            continue
        seen += len(line)
        if len(line) < 220 and _LINE.match(line):
            continue
        out.append(line)
    return cut_signatures(out, both_ends=both_ends)


def _is_tail(rest: list[str], seen: int, total: int) -> bool:
    """What follows a tail heading is a tail if it is a list of headlines (few lines end like sentences), or the lesser part of the page."""
    if not rest:
        return True
    sentences = sum(len(line) for line in rest if line.rstrip("”\"')»")[-1:] in (".", "!", "?", "…") and len(line) > 60)
    return sentences < 0.15 * seen or (sentences < 0.5 * seen and seen > 0.6 * total)
