/** Every way to choose one value for each name, in the order of the values. `undefined` = it is left out. */
export function combinations<Options extends object>(
  values: {
    readonly [Name in keyof Options]-?: readonly Options[Name][]
  },
): readonly Options[] {
  const names = Object.keys(values) as (keyof Options)[]
  return names.reduce<readonly Options[]>(
    (chosen, name) =>
      chosen.flatMap((options) =>
        values[name].map((value) => (value === undefined ? options : { ...options, [name]: value })),
      ),
    [{} as Options],
  )
}
