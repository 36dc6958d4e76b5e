"""Text that is not UTF-8: what it reads like in which encoding, and how to say so."""

import encodings.aliases
from contextlib import suppress
from pathlib import Path

import pytest
from mistakes import fit as fit_fails
from running import run_json
from table_files import CSV, fit, said, write

from softlearn.cli.sources import ReadOptions, SourceError, iter_source, read_source

TEXTS = {
    "cp949": "지역,넓이,종류\n서울,1.2,사과\n부산,3.4,배\n똠방,2.2,사과\n",
    "euc_kr": "지역,넓이,종류\n서울,1.2,사과\n부산,3.4,배\n대구,2.2,사과\n",
    "latin-1": "größe,ort,kind\n1.5,Köln,Äpfel\n2.5,München,Birnen\n",
    "cp1252": "Größe,Preis\n1,€ 5\n2,„viel“\n",
    "mac_roman": "ville,été,kind\n1,Orléans,forêt\n2,Besançon,déjà\n",
    "cp1250": "miasto,kind\n1,Łódź\n2,Gdańsk\n3,Kraków ćma żółw\n",
    "cp1251": "город,вид\n1,Москва\n2,Казань\n3,Новосибирск\n",
    "koi8_r": "город,вид\n1,Москва\n2,Казань\n3,Новосибирск\n",
    "shift_jis": "地域,種類,kind\n東京,りんご,a\n大阪,みかん,b\n",
    "euc_jp": "地域,種類,kind\n東京,りんご,a\n大阪,みかん,b\n",
    "gb18030": "地区,种类,kind\n北京,苹果,a\n上海,香蕉,b\n",
    "big5": "地區,種類\n臺北,蘋果\n高雄,香蕉\n",
    "cp1253": "πόλη,είδος\nΑθήνα,μήλο\n",
    "cp1254": "şehir,tür\nİstanbul,ağaç\nİzmir,çiçek\n",
    "cp1256": "مدينة,نوع\nالقاهرة,تفاح\n",
    "cp874": "เมือง,ชนิด\nกรุงเทพ,แอปเปิ้ล\n",
}


def offered(sentence):
    """Return the encodings that a sentence offers, in its order."""
    return [
        word.rstrip(".,:")
        for word in sentence.split("--encoding ")[1:]
        for word in [word.split()[0]]
    ]


@pytest.mark.parametrize("encoding", TEXTS)
def test_an_encoding_that_fits_is_offered_with_what_it_reads_like(tmp_path, encoding):
    text = TEXTS[encoding]
    sentence = said(fit, write(tmp_path / "t.csv", text, encoding))
    assert "is not UTF-8: byte 0x" in sentence
    fitting = [name for name in offered(sentence) if decodes(text, encoding, name)]
    assert fitting, sentence
    line = next(line for line in text.splitlines() if not line.isascii())
    assert repr(line) in sentence


def decodes(text, encoding, other):
    try:
        return text.encode(encoding).decode(other) == text
    except UnicodeDecodeError:
        return False


@pytest.mark.parametrize("encoding", ["cp949", "euc_kr", "latin-1", "cp1251", "shift_jis", "big5"])
def test_the_first_offer_is_right_for_the_most_usual_ones(tmp_path, encoding):
    text = TEXTS[encoding]
    path = write(tmp_path / "t.csv", text, encoding)
    first = offered(said(fit, path))[0]
    columns = read_source(path, None, need_target=False, options=ReadOptions(first)).feature_names
    assert columns == text.splitlines()[0].split(",")


@pytest.mark.parametrize("word", ["ação", "São ação", "déjà", "déjà «vu»", "Ünal", "10°C été"])
def test_the_commonest_encoding_of_the_west_is_offered_first_where_it_fits(tmp_path, word):
    sentence = said(fit, write(tmp_path / "t.csv", f"x,kind\n{word},a\nAçaí,b\n", "latin-1"))
    assert f"with --encoding latin-1 it reads {f'{word},a'!r}" in sentence
    assert offered(sentence)[0] == "latin-1"


def test_korean_of_two_syllables_is_read_as_korean_first(tmp_path):
    sentence = said(fit, write(tmp_path / "t.csv", "x,kind\n1,사과\n2,배\n", "cp949"))
    assert "byte 0xbb in line 2; with --encoding cp949 it reads '1,사과'" in sentence


@pytest.mark.parametrize(
    ("stored_as", "name"),
    [
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("utf-32-le", "utf-32-le"),
        ("utf-32-be", "utf-32-be"),
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_wide_characters_are_recognised_with_or_without_a_mark(tmp_path, stored_as, name, suffix):
    text = TEXTS["euc_kr"]
    if suffix == ".jsonl":
        text = '{"지역": "서울", "종류": "배"}\n{"지역": "부산", "종류": "밤"}\n'
    path = write(tmp_path / f"t{suffix}", text, stored_as)
    sentence = said(fit, path, "종류")
    assert sentence.endswith(f"looks like {name.upper()}: add --encoding {name}.")
    data = fit(path, "종류", options=ReadOptions(name))
    assert set(data.y) <= {"사과", "배", "밤"}


def test_a_mark_of_utf_16_written_by_hand_is_no_part_of_a_name(tmp_path):
    path = write(tmp_path / "t.csv", "\ufeff" + CSV, "utf-16-le")
    assert fit(path, options=ReadOptions("utf-16-le")).feature_names[0] == "width"


def test_japanese_in_seven_bits_is_recognised(tmp_path):
    path = write(tmp_path / "t.csv", TEXTS["shift_jis"], "iso2022_jp")
    assert "looks like iso2022_jp, not utf-8-sig: add --encoding iso2022_jp" in said(fit, path)
    assert list(fit(path, options=ReadOptions("iso2022_jp")).y) == ["a", "b"]


@pytest.mark.parametrize("cut", [b"1,K\xc3,b\n", b"2,\xed\x95,b\n", b"3,\xff,b"])
def test_utf_8_with_one_damaged_byte_is_not_called_another_encoding(tmp_path, cut):
    path = tmp_path / "t.csv"
    path.write_bytes(TEXTS["latin-1"].encode() + cut)
    sentence = said(fit, path)
    assert "though the rest looks like UTF-8; it is damaged there" in sentence
    assert "--encoding" not in sentence


def test_an_encoding_that_is_none_of_text_is_refused(tmp_path):
    path = write(tmp_path / "t.csv", CSV)
    for name in ("base64", "rot13", "idna", "undefined", "klingon", "a\0b"):
        assert "is not an encoding of text" in said(fit, path, options=ReadOptions(name))


def test_an_encoding_that_is_wrong_is_said_to_be(tmp_path):
    path = write(tmp_path / "t.csv", CSV)
    assert "is not utf-16: it has no zero bytes" in said(fit, path, options=ReadOptions("utf-16"))
    path = write(tmp_path / "t.csv", TEXTS["latin-1"])
    sentence = said(fit, path, options=ReadOptions("ascii"))
    assert "is not ascii: byte 0xc3 in line 1; it is UTF-8: leave --encoding out" in sentence


def test_utf_8_read_as_latin_1_is_pointed_out(tmp_path):
    path = write(tmp_path / "t.csv", TEXTS["latin-1"])
    (note,) = fit(path, "kind", options=ReadOptions("latin-1")).notes
    assert "is UTF-8 as well: as iso8859-1 a line reads 'grÃ¶Ã" in note
    assert "as UTF-8 'größe,ort,kind'" in note
    path = write(tmp_path / "t.csv", TEXTS["latin-1"], "latin-1")
    assert fit(path, "kind", options=ReadOptions("latin-1")).notes == ()


@pytest.mark.parametrize("codec", sorted(set(encodings.aliases.aliases.values())))
def test_every_codec_of_python_gives_rows_or_a_sentence(tmp_path, codec):
    for content in (CSV.encode(), TEXTS["cp949"].encode("cp949"), bytes(range(1, 256))):
        for name in ("t.csv", "t.jsonl"):
            path = tmp_path / name
            path.write_bytes(content)
            with suppress(SourceError):
                assert list(fit(path, options=ReadOptions(codec)).y) == ["a", "b"]


# -- zero bytes


@pytest.mark.parametrize("place", ["first", "header", "cell", "number", "end", "far"])
def test_a_zero_byte_is_named_with_its_line(tmp_path, place):
    lines = {
        "first": ("\0" + CSV, 1),
        "header": (CSV.replace("width", "wi\0dth"), 1),
        "cell": (CSV.replace("Dream", "\0"), 3),
        "number": (CSV.replace("1.5", "1.5\0"), 2),
        "end": (CSV + "\0" * 512, 4),
        "far": (CSV + "1,x,true,2024-05-01,a\n" * 250_000 + "2,\0,true,2024-05-01,b\n", 250_004),
    }
    text, line = lines[place]
    path = write(tmp_path / "t.csv", text)
    assert f"has a zero byte (NUL) in line {line}," in said(fit, path)
    if place == "far":
        batches = iter_source(path, None, 1000)
        assert "has a zero byte (NUL)" in said(list, batches)


# -- on the command line


@pytest.mark.usefixtures("here")
def test_what_the_sentence_offers_trains_on_the_right_names(capsys):
    rows = "".join(
        f"{i % 7},{'서울부산'[2 * (i % 2) :][:2]},{'사과배'[2 * (i % 2) :][:2]}\n"
        for i in range(30)
    )
    Path("t.csv").write_text("넓이,지역,종류\n" + rows, encoding="cp949")
    sentence = fit_fails(capsys, "t.csv", target="종류")
    assert offered(sentence)[0] == "cp949"
    words = ["fit", "t.csv", "-t", "종류", "-o", "m.softlearn", "--encoding", "cp949"]
    facts = run_json(capsys, *words)
    assert [entry["class"] for entry in facts["classes"]] == ["배", "사과"]
