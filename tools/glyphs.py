"""Which characters the printed documents can write.

The set is GB 2312 (what mainland texts are made of), the 5,401 common characters of Big5 (names from elsewhere),
the characters that parents choose although GB 2312 lacks them, and Latin with the marks of pinyin.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

from fontTools import subset

#: Frequent in given names and surnames, absent from GB 2312.
_NAMES = (
    "喆堃玥珺赟翀祎昇镕甯彧垚犇骉猋燚鑫焱晞昉昊昕晗晙晢暄曈曦曌曜朙朤杕柟栩桢梓棽楒榕樾橦欸沄沚泓洺浠浥淏淯湉湜湲"
    "溍溦滢漪潇潞澍澔瀚灏炅炘炜炫烜烨焓焜煊煜煦熠燊燏爔牼犟珂珅珈珏珑珣珩珮琀琎琏琛琢琤琦琨琪琬琮琰琲琳琼瑀瑄瑆瑗瑛瑜"
    "瑞瑭瑶瑾璁璇璈璋璐璟璠璨璩瓅畇畑畯皓皛皦睎睿砡硚碏磊祁祐祚祜祯祺禛禧禹稔穆穗竑竣筠筱箐箫篁簃簋綦綮縠纮纶绮绾"
    "缊缦翊翎翙翚翡翯聿肸胤脩舸艾芃芊芮芷苒苡茁茜茗荃荏荛莘莜莞莳菁菀菡萱葳葶蓁蓥蓿蔚蕊蕙蕤薇薏藜蘅虓蜎蝶衍袆裎褚訚"
    "詠誉諓谌谡谞豳贇赅赉赜趟跹踽轩轲轶辂迩迺逄逯遐遥邈邕邗邝邬邰郗郜郝鄞鄢鄯酆酩醴釭鈊鈺鉴銘鋆錡鍀鍾鎏鏐鑫钊钒钦钧钰铄铖"
    "铠铭铮锃锜锟锦锴镆镔镛镠镡长闫闳闵阚阗陞陟隗隽雯雰霁霆霈霓霖霙靑靓靖鞠韦韫韬颀颋颍颐颙颢飏飒飖馥馧骁骅骎骏骐骢骥鬯魁"
    "鲲鳐鸢鸾鹍鹓鹔鹭黎黛黻齊龑龔龢䶮㛃㵘㸌劼勍匯卲厷叡呎咘啓喬嗙囍圳坧垕埕堉堭墡奭姵媄媓嫚嬣孖宬尕屾岍岚峂峣峤崀崟嵘嵚嶷"
    "巳幵庥弢徭忞怡恺悅悆愔慜懋戬扆拏掞揆揚摯旻旼昺晔晧晳暐暻杼枏柊桄桤桷梣棨棪椤楗楠楹榘榞樑橒檠檑櫆歆毓氘氚汭汶沅沆沣沨泂"
)
_SIGNS = "–—‘’“”…€¥£₩₹×÷≤≥±√✓□■○●◎→←↑↓▲▼№™©®°²³·•〇〔〕〈〉《》「」『』【】℃㎡㎏"


def _gb2312() -> Iterator[int]:
    for high in range(0xA1, 0xF8):
        yield from _decoded(high, range(0xA1, 0xFF), "gb2312")


def _big5_common() -> Iterator[int]:
    for high in range(0xA4, 0xC7):
        yield from _decoded(high, (*range(0x40, 0x7F), *range(0xA1, 0xFF)), "big5")


def _decoded(high: int, lows: range | tuple[int, ...], encoding: str) -> Iterator[int]:
    for low in lows:
        try:
            yield ord(bytes((high, low)).decode(encoding))
        except UnicodeDecodeError:
            continue


#: Code points that go into the fonts of printed documents, where the whole font has them.
PRINTED = frozenset({*_gb2312(), *_big5_common(), *map(ord, _NAMES + _SIGNS), *range(0x20, 0x7F), *range(0xA0, 0x250)})


def cut_font(source: Path, wanted: Collection[int], target: Path) -> None:
    """Write the part of a TrueType font that draws these code points, without hinting and layout rules."""
    options = subset.Options(
        layout_features=[], hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
        recalc_timestamp=False,
    )  # fmt: skip
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "STAT"]
    with subset.load_font(str(source), options) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=wanted)
        cutter.subset(font)
        subset.save_font(font, str(target), options)
