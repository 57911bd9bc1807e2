/**
 * The words behind `keywordOf`, as they look there: lower case, without accents, apostrophes and punctuation. `stop`, `quit`, `end`,
 * `revoke`, `opt out`, `cancel` and `unsubscribe` are the ones that the FCC names (47 CFR 64.1200(a)(10)); the rest is what people
 * write instead.
 */

/** Words that add nothing to a keyword and may stand before or after it. */
export const politePhrases: readonly string[] = [
  ...[
    'please',
    'pls',
    'plz',
    'plse',
    'kindly',
    'hi',
    'hello',
    'hey',
    'thanks',
    'thank you',
    'thx',
    'ty',
    'now',
    'right now',
    'ok',
    'okay',
  ],
  ...['just', 'immediately', 'asap', 'already', 'bitte', 'danke', 'sofort', 'hallo', 'merci', 'svp', 'sil vous plait'],
  ...['sil te plait', 'bonjour', 'por favor', 'gracias', 'hola', 'ya', 'obrigado', 'obrigada', 'grazie', 'per favore'],
  ...['alstublieft', 'aub', 'bedankt', 'sir', 'madam', 'guys'],
]

/** Any number of these, and nothing else, is a stop. */
export const stopWords: ReadonlySet<string> = new Set([
  ...['stop', 'stopall', 'unsubscribe', 'unsub', 'cancel', 'end', 'quit', 'revoke', 'optout', 'remove'],
  ...['stpo', 'sotp', 'stopit', 'unsubcribe', 'unsuscribe', 'unsubscibe', 'unsubsribe', 'unsubscribed', 'cancle'],
  ...['stopp', 'abmelden', 'abbestellen', 'austragen', 'aufhoren', 'aufhoeren', 'ende'],
  ...['arret', 'arrete', 'arreter', 'arretez', 'desabonner', 'desabonnement', 'desinscrire', 'desinscription'],
  ...[
    'alto',
    'parar',
    'para',
    'pare',
    'paren',
    'basta',
    'cancelar',
    'baja',
    'detener',
    'desuscribir',
    'desuscribirme',
    'salir',
  ],
  ...['sair', 'descadastrar', 'remover', 'cancellami', 'disiscrivimi', 'afmelden', 'uitschrijven', 'stoppen'],
  ...['стоп', 'отписаться', '停止', '退订', '退訂', '取消'],
])

const nouns =
  '(?:texts?|text messages?|messages?|msgs?|sms|smses|e ?mails?|mails?|mailings?|newsletters?|notifications?|alerts?|updates?|ads|spam|stuff|crap)'
const which = '(?:(?:all|any|more|any more|of|the|this|these|those|your|my|so many|marketing|promotional) )*'
const doing =
  '(?:texting|messaging|contacting|e ?mailing|mailing|calling|sending|spamming|bothering|writing|notifying|harassing)'
const doIt = '(?:text|message|msg|contact|e ?mail|mail|call|spam|bother|write|write to|notify)'
const me = '(?: (?:to )?(?:me|us|my phone|my number|this number|this phone))?'
const atLast = '(?: (?:again|any ?more|ever|ever again|forever|right now|at once))?'
const someList = `(?: from ${which}(?:(?:mailing|text|e ?mail|sms|contact) )?(?:lists?|database|${nouns}|everything|it|here))?`

/** May stand before a phrase that can only mean a stop. */
const leadIns =
  '(?:(?:no|yes|i said|i want|i would like|id like|i wish|i need|you to|you|to|can you|could you|will you|would you|you need to|you must|you have to|want to|need to|please|pls|just|kindly) )*'

/** Phrases that mean a stop, each as a whole. */
const phrases: readonly string[] = [
  `s+t+o+p+(?: (?:all|it|this|that|everything))?${atLast}`,
  `s+t+o+p+ ${doing}${me}(?: ${which}(?:${nouns}|it|this|that))?${me}${atLast}`,
  `s+t+o+p+ ${which}${nouns}${me}${atLast}`,
  `(?:do not|dont|never) ${doIt} (?:me|us|this number|my phone|here)${atLast}`,
  `(?:do not|dont|never) send(?: me| us)? ${which}${nouns}${me}${atLast}`,
  `no more (?:of )?${which}${nouns}`,
  `(?:unsubscribe|unsub)(?: me| us)?${someList}`,
  `opt(?: me| us)? ?out(?: (?:of|from) ${which}(?:${nouns}|it|everything))?`,
  `remove (?:me|us|my number|this number|my e ?mail)${someList}`,
  `take (?:me|us|my number|this number) off(?: (?:of )?${which}(?:(?:mailing|text|e ?mail|sms|contact) )?lists?)?`,
  '(?:delete|lose|forget) my number',
  'leave me alone',
  `(?:cancel|end|quit) ${which}(?:${nouns}|(?:text|sms|e ?mail|newsletter) subscription)`,
  `quit ${doing}${me}${atLast}`,
  '(?:i )?(?:revoke|withdraw) (?:my )?(?:consent|permission)',
  'keine (?:weiteren )?(?:sms|nachrichten|mails|emails|e mails|werbung)(?: mehr)?(?: schicken| senden)?',
  '(?:mich )?(?:nicht|nie) (?:mehr|wieder) (?:an)?schreiben',
  'hor(?:en sie)? auf',
  '(?:mich |den newsletter |newsletter )(?:abmelden|abbestellen|austragen)',
  '(?:me |vous )?(?:desabonner|desinscrire)',
  '(?:desabonnez|desinscrivez|supprimez) moi',
  '(?:je (?:ne )?veux )?(?:ne )?plus (?:recevoir )?(?:de |vos |les |des )(?:sms|messages|mails|emails|textos)',
  'arrete[rz]? (?:les|vos|ces) (?:sms|messages|mails|emails|textos)',
  '(?:dar|darme|dame|denme|quiero darme) de baja',
  'no mas (?:mensajes|sms|correos)',
  'no me (?:escriban|escribas|envien|envies|manden)(?: mas)?(?: mensajes| sms| correos)?',
  'cancelar (?:la |mi )?suscripcion',
  'parar de (?:enviar|mandar)(?: mensagens| mensajes| sms)?',
]

/** Matches a whole phrase that means a stop. */
export const stopPhrase = new RegExp(`^${leadIns}(?:${phrases.join('|')})$`)

/** Lift a stop. Few on purpose: a wrong match writes to someone who said stop. */
export const startPhrases: ReadonlySet<string> = new Set([
  ...['start', 'unstop', 'start again', 'resubscribe', 'subscribe', 'optin', 'opt in', 'opt me in'],
  ...['iniciar', 'comenzar', 'reprendre', 'anmelden'],
])

/** Ask what this is. */
export const helpPhrases: ReadonlySet<string> = new Set([
  ...['help', 'help me', 'info', 'information', 'aide', 'ayuda', 'hilfe', 'ajuda', 'aiuto', 'hulp'],
])

/** Answer a question in the affirmative. */
export const yesPhrases: ReadonlySet<string> = new Set([
  ...[
    'yes',
    'y',
    'yess',
    'yesss',
    'yeah',
    'yep',
    'yup',
    'sure',
    'yes i do',
    'yes i agree',
    'i agree',
    'agree',
    'agreed',
  ],
  ...[
    'confirm',
    'confirmed',
    'i confirm',
    'yes confirm',
    'yes i confirm',
    'ja',
    'ja gerne',
    'jawohl',
    'oui',
    'si',
    'sim',
  ],
])

/** Answer a question in the negative. */
export const noPhrases: ReadonlySet<string> = new Set([
  ...['no', 'n', 'nope', 'nah', 'no way', 'nein', 'non', 'nao', 'nee'],
])
