import type { Issue } from '../../errors.js'
import { elapsedMs } from '../../schedule/duration.js'
import { type Moment, validateMoment } from '../../schedule/moment.js'
import { problemsOf } from '../../schedule/problems.js'
import { didYouMean } from '../nearest.js'
import { messagesOf } from '../parts/messages.js'
import { momentsOf } from '../parts/moments.js'
import type { Sequence } from '../sequence.js'
import { error, type LintContext, nameOf } from './rule.js'

/** Every moment makes sense, and names calendars that exist. */
export function badMoments(sequence: Sequence, { calendars }: LintContext): readonly Issue[] {
  return momentsOf(sequence).flatMap(({ stepId, moment, path }) => [
    ...validateMoment(moment).map((problem) =>
      error('bad_moment', path, `Step "${stepId}" names a moment that is not valid.`, problem),
    ),
    ...calendarsOf(moment)
      .filter((name) => calendars !== undefined && !calendars.includes(name))
      .map((name) =>
        error(
          'unknown_calendar',
          path,
          `Step "${stepId}" counts by the calendar "${name}", which this workspace does not have.`,
          `Set up the calendar, or name one that exists.${didYouMean(name, calendars ?? [])}`,
        ),
      ),
  ])
}

/** Lengths of time are ISO-8601 durations of elapsed time. */
export function badDurations(sequence: Sequence): readonly Issue[] {
  const ofMessages = messagesOf(sequence).flatMap((found) =>
    durationIssues(found.message.maxLateness, [...found.path, 'maxLateness'], `${nameOf(found)}: maxLateness`),
  )
  const ofSplits = Object.entries(sequence.steps).flatMap(([id, step]) =>
    step.kind === 'split'
      ? durationIssues(step.experiment?.horizon, ['steps', id, 'experiment', 'horizon'], `Step "${id}": the horizon`)
      : [],
  )
  return [...ofMessages, ...ofSplits]
}

function durationIssues(text: string | undefined, path: Issue['path'], what: string): readonly Issue[] {
  if (text === undefined) return []
  return problemsOf([() => elapsedMs(text, { calendarDaysAs24Hours: true })]).map((problem) =>
    error('bad_duration', path, `${what} is not a length of time.`, problem),
  )
}

function calendarsOf({ calendar, dates }: Moment): readonly string[] {
  return [calendar, dates?.calendar].flatMap((name) => name ?? [])
}
