# ruff: noqa: E501 - letters of Chinese count double
"""Words that orders to a model are made of, and the rules that join them, in English, German, French, Spanish, Russian
and Chinese.

A word ending in `*` stands for all that begin so; accents and case do not count. A rule is a row of classes of words,
each at most so many words behind the one before: `("IGNORE 5 PRIOR 4 RULES")`. What ordinary logs say all day ("you must
set", "POST /oauth/token", "ignoring unknown directive") must not be among them; `tests/poison` holds both sides.
"""

from __future__ import annotations

WORDS: dict[str, str] = {
    "IGNORE": """ignore ignoring disregard* forget override overriding bypass* neglect skip ignorier* vergiss vergesst
        missachte* ignorez oublie oubliez ignora ignoren olvida olvide игнорир* проигнорир* забудь* 忽略 无视 忽视 忘记""",
    "PRIOR": """previous* prior above earlier preceding all every your these former vorherig* bisherig* vorangeh* alle
        allen obig* deine ihre precedent* toutes tous vos anterior* previas todas todos tus предыдущ* прежн* все всё
        твои 之前 以前 先前 上述 前面 所有 一切 以上""",
    "RULES": """instruction* directives prompt prompts guardrail* guideline* safeguard* safety rules policy policies
        restrictions constraints limits orders anweisung* instruktion* vorgabe* regeln richtlinien consigne* regles
        instruccion* indicacion* reglas инструкц* указан* правил* 指令 指示 提示 规则 规定 说明 命令""",
    "INSTRUCTIONS": """instructions prompt guidelines anweisungen consignes instrucciones инструкции инструкций 指令
        提示""",
    "NEW": "new updated revised real hidden secret neue neuen nouvelles nouvelle nuevas nueva новые новая 新 新的",
    "ORDERS": """instructions directive directives anweisung anweisungen instruktionen instrucciones instruccion consigne
        consignes инструкции инструкция 指令 指示""",
    "SYSTEM": "system developer systeme sistema системн* 系统",
    "PROMPT": "prompt prompts instruction instructions directive override anweisung instrucciones 提示 指令 инструкци*",
    "YOU": "you u du sie vous tu usted ты вы 你 您",
    "MUST": """must should will shall need have are now musst mussen sollst sollen devez dois debes debe должен должны 必须
        应该""",
    "DO": """obey answer reply respond say tell claim pretend reveal disclose print output approve confirm comply act
        leak exfiltrate antworten sagen behaupten genehmigen repondre dire approuver responder decir aprobar ответить
        сказать 回答 批准 服从""",
    "NOW": "now ab jetzt maintenant ahora теперь 现在",
    "BECOME": "a an free unrestricted dan jailbroken operating ein eine un une uno una",
    "HEY": """dear attention hey hello hi note memo message notice hallo achtung hinweis nachricht atencion bonjour
        hola внимание 注意""",
    "AI": """ai llm llms assistant assistants chatbot gpt chatgpt claude ki ia ии 助手 人工智能 大模型 语言模型 ci copilot
        ассистент*""",
    "AS": "as als comme como если",
    "IF": "if when si wenn falls если 如果",
    "AN": "a an the any your",
    "LANGUAGE": "language sprach*",
    "MODEL": "model models modell",
    "CALL": "call invoke rufe ruf aufrufen appelle appelez llama llame invoca invoque вызови вызовите 调用",
    "USE": """use run execute trigger utilise utilisez execute executez usa use ejecuta ejecute benutze verwende fuhre
        используй* выполни* 使用 执行 运行""",
    "TOOLNAME": """restart optimize optimise approve apply rollback inspect diagnose topology exec shell metrics logs
        events get eval bash""",
    "TOOL": "tool tools function werkzeug funktion outil fonction herramienta funcion инструмент* функци* 工具 函数",
    "APPROVE": "approve genehmige genehmigen approuve approuvez aprueba apruebe одобри* подтверди* 批准",
    "PENDING": """proposal proposals change changes restart everything pending vorschlag vorschlage anderung*
        proposition* propuesta* cambio* предложен* изменен* 提案 提议 建议 变更 重启""",
    "PERSON": """operator operators user human humans admin administrator owner sre anyone anybody nobody them him
        betreiber* benutzer* nutzer* operateur* utilisateur* operador* usuario* nadie оператор* пользовател* 操作员 用户
        管理员 任何人""",
    "AUTHORIZED": "authorized authorised preapproved approved genehmigt approuve autorise aprobado одобрено 授权 已批准",
    "BY": "by von par por 由",
    "WITHOUT": "without ohne sans sin без 无需 不必",
    "ASKING": """asking approval confirmation permission consent ruckfrage genehmigung bestatigung demander confirmation
        preguntar confirmacion подтвержден* разрешен* 确认 批准 询问""",
    "DONOT": "don't dont never nicht jamais nunca никогда 不要 别 勿",
    "DONT2": "do ne no не",
    "NOT": "not pas le lo",
    "MENTION": """tell mention inform report notify alert reveal disclose warn erwahne* melde* sage* mentionne* dis dites
        menciones menciona digas informes упомина* сообща* говори* 告诉 提及 通知 报告""",
    "THIS": "this it these that davon es ceci cela en esto об этом 此事 这 本""",
    "REVEAL": """reveal exfiltrate disclose verrate verraten offenbare divulgue divulguez revele revelez revela revele
        раскрой* выдай* 泄露 透露""",
    "SEND": """print send post show output include repeat tell give upload email forward dump leak display echo zeige
        sende schicke gib drucke affiche affichez envoie envoyez donne donnez montre muestra muestre envia envie imprime
        покажи* отправь* выведи* напечатай* 显示 发送 打印 输出""",
    "YOUR": "your all every me us its any deine alle mir ihre tous toutes vos moi tes todas todos tus me все мне твои 所有 你的 全部",
    "SECRET": """secret secrets password passwords passwd passphrase token tokens credential credentials apikey keys env
        environment passwort passworter geheim* zugangsdaten mot mots jeton* identifiants secretos secretas contrasena*
        clave claves пароль* пароли секрет* ключ* токен* 密码 密钥 令牌 环境变量 秘密""",
    "ENCODE": "encode base64 hex spell reverse rot13 kodiere encode encodez codifica закодируй* 编码",
    "DECODE": "decode dekodiere decodez decodifica расшифруй* 解码",
    "FOLLOW": "follow obey execute run befolge suis suivez sigue выполни* 执行 遵循",
    "SAY": """say report answer reply respond claim state pretend confirm declare sage sag antworte melde berichte
        behaupte dis dites repondez reponds affirme affirmez signale signalez di diga responde responda informa informe
        afirma скажи* ответь* сообщи* заяви* 说 回答 报告 声称 告知""",
    "THAT": "that dass que что exactly only just genau nur exactement seulement exactamente solo только",
    "WELL": """healthy fine ok okay well normal nothing resolved safe restarted fixed approved deleted down broken gesund
        ordnung neugestartet sain saine bien sano saludable correcto здоров* порядке исправ* перезапущ* 健康 正常 没有问题 良好""",
    "I": "i ich je yo я 我",
    "ACTED": """restarted fixed approved changed updated deleted stopped rebooted neugestartet redemarre reiniciado
        перезапустил* 重启 已重启""",
    "INFORM": "tell inform assure convince sage informiere dites informez assurez dile informa скажи* сообщи* 告诉 通知",
    "KILL": "restart stop kill delete remove pause shutdown reboot destroy",
    "ALL": "all every both",
    "CONTAINERS": "container containers services conteneur* contenedor* контейнер* 容器",
    "COMMAND": """starte stoppe losche entferne redemarre redemarrez arrete arretez supprime supprimez reinicia reinicie
        deten elimina elimine перезапусти* останови* удали* 重启 重新启动 停止 删除""",
    "AT_ONCE": """neu sofort jetzt maintenant immediatement ahora inmediatamente сейчас немедленно 立即 马上 现在 container
        conteneur contenedor контейнер* 容器 dienst service servicio сервис* 服务""",
    "OVERRIDE": "override",
    "WHO": "emergency admin administrator operator security policy",
    "PRETEND": "pretend roleplay jailbreak jailbroken",
    "TO": "you to that",
    "RENDER": "render include embed display append insert add",
    "MARKDOWN": "markdown",
    "ERGON": "ergon",
    "OPS": "ops",
    "DECIDE": "approve apply rollback uninstall reject",
}  # fmt: skip

# A number is how many words may stand between at most.
RULES: tuple[str, ...] = (
    "IGNORE 4 PRIOR 4 RULES",
    "IGNORE 2 INSTRUCTIONS",
    "IGNORE 4 SYSTEM 1 PROMPT",
    "NEW 1 SYSTEM 1 PROMPT",
    "NEW 1 ORDERS",
    "YOUR 1 SYSTEM 0 PROMPT",
    "SYSTEM 0 OVERRIDE",
    "YOU 0 MUST 2 DO",
    "YOU 1 NOW 0 BECOME",
    "HEY 3 AI",
    "AI 2 MUST 2 DO",
    "AS 1 AN 1 AI",
    "AS 1 AN 0 LANGUAGE 0 MODEL",
    "IF 0 YOU 2 AN 1 AI",
    "CALL 2 TOOLNAME",
    "USE 2 TOOLNAME 0 TOOL",
    "USE 1 TOOL 1 TOOLNAME",
    "APPROVE 3 PENDING",
    "AUTHORIZED 0 BY 2 PERSON",
    "WITHOUT 2 ASKING",
    "DONOT 1 MENTION 1 THIS",
    "DONOT 1 MENTION 3 PERSON",
    "DONT2 2 NOT 1 MENTION 1 THIS",
    "DONT2 2 NOT 1 MENTION 3 PERSON",
    "REVEAL 5 SECRET",
    "SEND 1 YOUR 4 SECRET",
    "ENCODE 4 SECRET",
    "DECODE 6 FOLLOW",
    "SAY 1 THAT 6 WELL",
    "SAY 2 I 2 ACTED",
    "INFORM 2 PERSON 2 THAT",
    "KILL 1 ALL 2 CONTAINERS",
    "COMMAND 3 AT_ONCE",
    "WHO 0 OVERRIDE",
    "PRETEND 1 TO",
    "RENDER 3 MARKDOWN",
    "ERGON 0 OPS 2 DECIDE",
    "ROLE 3 IGNORE",
    "ROLE 3 KILL",
    "ROLE 3 SAY",
    "ROLE 3 APPROVE",
    "ROLE 3 CALL",
    "ROLE 3 USE",
    "ROLE 5 YOU",
    "ROLE 4 AUTHORIZED",
    "ROLE 4 COMMAND",
)

# What imitates the frame of a conversation: marks of roles, calls and results, our own fences, citations, proposals.
FRAMES: tuple[str, ...] = (
    r"<\|[a-z_]{2,20}\|?>",
    r"</?(?:data|system|assistant|tool_call|tool_result|function_calls?|function_results?|invoke|instructions)\b",
    r"\[/?(?:inst|assistant)\]",
    r"\bsystem ?prompt ?[:=]",
    r"<<sys>>",
    r"\"role\" ?: ?\"(?:system|assistant|tool|developer|function)\"",
    r"\"(?:tool|function|tool_name|name)\" ?: ?\"(?:restart|approve|optimize|apply|rollback|exec|shell|http_get)\"",
    r"(?:^|[\[<({\"'*#|⏎]) ?(?:assistant|human) ?: ?\S",
    r"(?<!#)#{2,6} ?(?:system|instructions?|assistant)\b",
    r"(?<![\w-])(?:proposal|approved?|apply|change|rollback|confirm) [pc]-[a-z2-7]{6,12}(?![\w-])",
    r"\[e\d{1,5}\] [a-z_]{3,30}[: ]",
    r"!\[[^\]\n]{0,80}\]\(",
    r"\b(?:restart|approve|optimize|exec|shell|rollback)\((?:[a-z_]{1,20} ?[=:]|[\"'{])",
)
ROLE_MARK = r"(?:^|[\[<({\"'*#|⏎>-]) ?(system|user|operator|admin|administrator|developer|tool|root|betreiber|operateur|operador|оператор|系统|操作员|管理员) ?[:>\]：]"
