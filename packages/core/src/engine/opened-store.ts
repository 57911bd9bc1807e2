import type { Store } from '../ports/store.js'

/** The store with every call waiting until it is open, so that nobody has to open it first. */
export function openedStore(store: Store, open: () => Promise<void>): Store {
  const opened = <Group extends object>(group: Group): Group =>
    new Proxy(group, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver)
        if (typeof member !== 'function') return member
        return async (...given: readonly unknown[]) => {
          await open()
          return Reflect.apply(member, target, given)
        }
      },
    })
  const { control, campaigns, templates, contacts, recipients, deliveries, inbox, outbox } = store
  return {
    kind: store.kind,
    control: opened(control),
    campaigns: opened(campaigns),
    templates: opened(templates),
    contacts: opened(contacts),
    recipients: opened(recipients),
    deliveries: opened(deliveries),
    inbox: opened(inbox),
    outbox: opened(outbox),
    open,
    close: () => store.close(),
    async transaction(work) {
      await open()
      return store.transaction(work)
    },
  }
}
