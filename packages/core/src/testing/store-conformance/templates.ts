import { expect } from 'vitest'
import { ConflictError } from '../../errors.js'
import { aTemplate, minute } from '../builders.js'
import type { Cases } from './cases.js'
import type { Stage } from './stage.js'

const saying = (subject: string) => ({ kind: 'email' as const, subject, html: `<p>${subject}</p>` })

function publish(stage: Stage, change: Partial<Parameters<typeof aTemplate>[0]> = {}) {
  return stage.store.templates.publish(aTemplate({ workspaceId: stage.workspaceId, ...change }))
}

/** Templates and their immutable versions. */
export const templateCases: Cases = {
  'versions of a template are numbered from 1 and kept as they were given': async (stage) => {
    const given = { content: saying('First'), partials: { footer: 'Bye' }, author: 'Ana', note: 'typo' }
    const first = await publish(stage, given)
    expect(first).toMatchObject({ ...given, version: 1, templateId: 'welcome', channel: 'email' })
    expect(await publish(stage, { content: saying('Second') })).toMatchObject({ version: 2 })
    const key = { workspaceId: stage.workspaceId, templateId: 'welcome', version: 1 }
    expect(await stage.store.templates.get([key])).toEqual([first])
  },

  'content equal to the latest adds no version': async (stage) => {
    const first = await publish(stage, { content: saying('First'), createdAt: minute(0), author: 'Ana' })
    expect(await publish(stage, { content: saying('First'), createdAt: minute(9), author: 'Ben' })).toEqual(first)
  },

  'content equal to an older version is a new version': async (stage) => {
    for (const subject of ['First', 'Second', 'First']) await publish(stage, { content: saying(subject) })
    const history = await stage.store.templates.history({ workspaceId: stage.workspaceId, templateId: 'welcome' })
    expect(history.map(({ version }) => version)).toEqual([3, 2, 1])
    expect(history[0]?.contentHash).toBe(history[2]?.contentHash)
  },

  'a template stays on its channel': async (stage) => {
    await publish(stage)
    const error = await publish(stage, { channel: 'sms', content: saying('Other') }).catch((caught) => caught)
    expect(error).toBeInstanceOf(ConflictError)
    expect(error).toMatchObject({ kind: 'duplicate' })
  },

  'version null is the latest, and what does not exist is left out': async (stage) => {
    await publish(stage, { content: saying('First') })
    await publish(stage, { content: saying('Second') })
    const key = { workspaceId: stage.workspaceId, templateId: 'welcome' }
    expect(await stage.store.templates.get([{ ...key, version: null }])).toMatchObject([{ version: 2 }])
    const missing = [
      { ...key, version: 3 },
      { ...key, templateId: 'other', version: null },
    ]
    expect(await stage.store.templates.get(missing)).toEqual([])
  },

  'the list has the latest version of each template, by template id': async (stage) => {
    for (const templateId of ['welcome', 'Tips', 'nudge']) await publish(stage, { templateId })
    await publish(stage, { templateId: 'nudge', content: saying('Again') })
    const list = await stage.store.templates.list({ workspaceId: stage.workspaceId })
    expect(list.map(({ templateId, version }) => `${templateId} ${version}`)).toEqual([
      'Tips 1',
      'nudge 2',
      'welcome 1',
    ])
  },

  'versions published at once get numbers without gaps': async (stage) => {
    const subjects = ['a', 'b', 'c', 'd', 'e']
    const versions = await Promise.all(subjects.map((subject) => publish(stage, { content: saying(subject) })))
    expect(versions.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5])
  },

  'workspaces may use the same template id': async (stage) => {
    await publish(stage)
    await stage.store.templates.publish(aTemplate({ workspaceId: stage.elsewhere, channel: 'sms' }))
    expect(await stage.store.templates.list({ workspaceId: stage.elsewhere })).toMatchObject([{ channel: 'sms' }])
    expect(await stage.store.templates.list({ workspaceId: stage.workspaceId })).toMatchObject([{ channel: 'email' }])
  },
}
