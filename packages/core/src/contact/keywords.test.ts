import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shortestMs } from '../testing/shortest-ms.js'
import { type Keyword, keywordOf } from './keywords.js'

const table: readonly (readonly [Keyword, readonly string[]])[] = [
  [
    'stop',
    [
      ...[
        'STOP',
        'stop',
        'Stop.',
        ' STOP!!! ',
        'stop 🛑',
        'ＳＴＯＰ',
        'S T O P',
        's.t.o.p.',
        'STOP STOP STOP',
        'stoooop',
        'st\u200bop',
      ],
      ...[
        'STOPALL',
        'stop all',
        'UNSUBSCRIBE',
        'unsub',
        'CANCEL',
        'END',
        'QUIT',
        'REVOKE',
        'OPTOUT',
        'Opt-out',
        'opt out',
        'remove',
      ],
      ...[
        'please stop',
        'STOP PLEASE',
        'pls stop, thanks',
        'Hi, please stop now',
        'please cancel',
        'Stop it',
        'just stop',
      ],
      ...[
        'stop texting me',
        'Stop texting me!!',
        'please stop messaging this number',
        'stop sending me these messages',
      ],
      ...[
        'STOP SENDING ME SMS',
        'stop the emails',
        'stop all marketing texts',
        'stop contacting me right now',
        'stop calling',
      ],
      ...[
        'unsubscribe me',
        'Unsubscribe me please',
        'unsubscribe from this list',
        'unsubscribe me from all emails',
        'opt me out',
      ],
      ...[
        'I want to unsubscribe',
        "I'd like to opt out",
        'can you please stop texting me',
        'i said stop',
        'You need to stop texting me',
      ],
      ...[
        'opt out of all texts',
        'remove me',
        'remove me from your list',
        'take me off this list',
        'Take me off your mailing list',
      ],
      ...[
        "don't text me",
        'Do not contact me again',
        "don't send me any more messages",
        'no more texts',
        'No more messages please',
      ],
      ...[
        'never text me again',
        'leave me alone',
        'lose my number',
        'cancel texts',
        'cancel my text subscription',
        'I revoke my consent',
      ],
      ...['unsubcribe', 'stpo', 'No, stop', 'stop unsubscribe', 'quit texting me'],
      ...[
        'STOPP',
        'stopp bitte',
        'abmelden',
        'bitte abmelden',
        'Newsletter abbestellen',
        'keine SMS mehr',
        'Bitte keine Nachrichten mehr',
      ],
      ...[
        'hören Sie auf',
        'Hör auf',
        'ARRET',
        'Arrêt',
        'ARRÊTER svp',
        'me désinscrire',
        'désabonnez-moi',
        'ne plus recevoir de SMS',
      ],
      ...[
        "Arrêtez s'il vous plaît",
        'ALTO',
        'PARAR',
        'alto por favor',
        'darme de baja',
        'quiero darme de baja',
        'No más mensajes',
        'BAJA',
        'pare',
      ],
      ...['cancelar', 'sair', 'basta', 'afmelden', 'СТОП', '退订'],
      ...[
        'STOP\n\nSent from my iPhone',
        'Unsubscribe\r\n\r\nOn Tue, 3 Mar 2026, Acme wrote:\r\n> Hello',
        'Stop\n> old text\n> more',
      ],
    ],
  ],
  ['start', ['START', 'start!', 'UNSTOP', 'please start', 'start again', 'resubscribe', 'Opt in']],
  ['help', ['HELP', 'help?', 'INFO', 'aide', 'AYUDA', 'Hilfe bitte', 'help me']],
  ['yes', ['YES', 'Yes!', 'y', 'yes please', 'yeah', 'Ja', 'oui', 'Sí', 'si', 'I confirm', 'Yes, I agree']],
  ['no', ['NO', 'no.', 'n', 'nope', 'No thanks', 'no, thank you', 'nein danke', 'non merci', 'Não']],
]

const nothing = [
  ...['', ' ', '👍', '???', 'ok', 'thanks', 'Thank you!', 'please', 'hello'],
  ...[
    "don't stop",
    'Don’t stop texting me',
    'do not stop',
    'never stop',
    "please don't stop",
    'non-stop',
    'full stop',
    'bus stop',
  ],
  ...[
    'when does it stop raining',
    'When does it stop raining?',
    'stop by later',
    'can you stop by the store',
    'where is the next stop',
  ],
  ...[
    'I can’t stop laughing',
    'The end',
    'in the end',
    'I quit smoking',
    'I want to quit',
    'cancel my appointment',
    'cancel my order',
  ],
  ...[
    'please cancel my booking',
    'what happens if I stop',
    'should I stop taking it',
    'stop loss',
    'the stop button does not work',
  ],
  ...[
    'start when?',
    "let's start tomorrow",
    'yes stop by',
    'help yourself',
    'can you help me with my order',
    'more info about plan B',
  ],
  ...[
    'no problem',
    'no idea',
    'yes but later',
    'remove the second item',
    'start date?',
    'please start my trial tomorrow',
  ],
  ...[
    'Hi\nplease call me about the stop',
    'Stop\nby the store later',
    `stop ${'very '.repeat(12)}much`,
    `stop${' '.repeat(200)}it now`,
  ],
  ...['para mañana', 'hablamos para ver', 'plus de détails', 'keine Zeit'],
]

describe('keywordOf', () => {
  for (const [keyword, texts] of table) {
    it.each(texts)(`takes %j for ${keyword}`, (text) => {
      expect(keywordOf(text)).toBe(keyword)
    })
  }

  it.each(nothing)('takes %j for no keyword', (text) => {
    expect(keywordOf(text)).toBeNull()
  })

  it('finds a stop in any case and with any punctuation around it', () => {
    const decoration = fc.array(fc.constantFrom(' ', '.', '!', '*', '"', '🙏', '\n', '-')).map((list) => list.join(''))
    const cases = fc.mixedCase(fc.constantFrom('stop', 'unsubscribe', 'please stop', 'opt out', 'stop texting me'))
    fc.assert(
      fc.property(decoration, cases, decoration, (before, text, after) => {
        fc.pre(before.length + text.length + after.length <= 100)
        expect(keywordOf(before + text + after)).toBe('stop')
      }),
    )
  })

  it('answers at once, whatever the text', () => {
    const hostile = [
      'you to '.repeat(14),
      'please '.repeat(14),
      'stop all '.repeat(10),
      'a'.repeat(1e6),
      '\n'.repeat(1e6),
      'i want to '.repeat(9),
    ]
    expect(shortestMs(() => hostile.map((text) => keywordOf(text)))).toBeLessThan(50)
  })
})
