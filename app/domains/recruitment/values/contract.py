"""The first version of the contract between HQ and a leader; later ones lie in the database."""

CONTRACT_ZH = """一、团长是邻居，不是雇员。团长自愿为本小区居民收货、保管、交货，并回答问题；平台按本合同支付佣金。
二、佣金按居民实际取走的商品计算，减去退款；比例以下单时有效的版本为准，调整须提前公布。团长不因招募他人获得任何报酬。
三、货到时当面清点，如实填写数量和损坏。冷藏、冷冻商品到达后立即放入冰箱，取货前不得断电。
四、凭取货码交货，不得代签，不得把商品转卖或挪作他用。
五、居民的姓名、电话和订单只用于交货，不得抄录、导出或转给任何人；离任后立即停止使用。
六、居民投诉时，团长可以在期限内说明情况并提交照片；只有责任在团长时，才扣回该商品的佣金，不另行罚款。
七、团长可以提前七天通知休息或退出。总部可以因严重或反复违约停止合作，须说明理由，团长可以申诉；已赚佣金照常结算。
八、因平台、供应商或运输造成的损失由责任方承担，不由团长承担。
九、本合同自双方确认之日起生效。文本、版本、签署姓名、时间和校验码由双方各自保存。"""

CONTRACT_EN = """1. A leader is a neighbour, not an employee. She receives, keeps and hands out goods \
for the residents of her neighbourhood and answers their questions; the platform pays her a commission under \
this contract.
2. The commission follows the goods that residents fetch, less refunds, at the rate in force when they \
ordered; changes are announced in advance. Nothing is ever paid for recruiting others.
3. She counts what arrives and states shortages and damage truthfully. Chilled and frozen goods go into the \
fridge or freezer at once and stay there until they are fetched.
4. Goods are handed out against the pickup code. She signs for nobody, resells nothing and uses nothing \
otherwise.
5. Names, phones and orders of residents serve the pickup only. They are not copied, exported or passed on, \
and not used any more once she has left.
6. When a resident complains she may tell her side with photos within the time set. Only where the fault is \
hers is the commission on those goods taken back; there are no further fines.
7. She may rest or leave with seven days' notice. HQ may end the cooperation for serious or repeated breaches, \
with reasons, and she may appeal; commission that was earned is paid all the same.
8. Losses caused by the platform, a supplier or the transport are borne by whoever caused them, not by the \
leader.
9. The contract begins when both sides have confirmed it. Each side keeps the text, its version, the signed \
name, the time and the checksum."""
