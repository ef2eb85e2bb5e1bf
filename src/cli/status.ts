import { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { parseDuration } from '../domain/duration.ts'
import { MICROS_PER_SECOND } from '../domain/instant.ts'
import { reportSettings } from '../app/report-settings.ts'
import { type CoverageReport, coverageReport } from '../status/coverage-report.ts'
import { DEFAULT_WINDOW } from '../api/coverage/coverage-route.ts'
import { printReport } from '../status/print-report.ts'
import type { Db } from '../store/database.ts'
import { readDatabaseNow } from '../postgres/read-database-clock.ts'
import { listWorkspaces } from '../store/workspaces/list-workspaces.ts'
import { addJsonOption } from './add-json-option.ts'
import { chooseWorkspace } from './choose-workspace.ts'
import { type Context, EXIT } from './context.ts'

interface StatusFlags {
  workspace?: string
  failIfOlderThan?: string
  json: boolean
}

/** `seam-mirror status`: what `/v1/coverage` says about every known workspace. */
export function statusCommand({ useDatabase, answer, say, end }: Context): Command {
  return addJsonOption(new Command('status'))
    .description('show how complete the copy is, which path brings the events, and what went wrong')
    .option('--workspace <id or name>', 'only this one')
    .option('--fail-if-older-than <age>', 'exit with 2 when coverage ends longer ago than this, such as 10m')
    .addHelpText(
      'after',
      '\nExit code: 0 when the state could be read, however bad it is; 1 when it could not, or no workspace is known yet;\n' +
        '2 when coverage is older than --fail-if-older-than, or there is none. Its normal age is the settle time (300 s)\n' +
        'and a poll interval.',
    )
    .action(async (flags: StatusFlags) => {
      const oldestSeconds = ageOf(flags.failIfOlderThan)
      const reports = await useDatabase((db, config) => reportOn(db, config, flags.workspace))
      answer({
        isJson: flags.json,
        document: { workspaces: reports },
        lines: reports.flatMap(printReport),
      })
      const tooOld = reports.filter(({ lagSeconds }) => lagSeconds === null || lagSeconds > oldestSeconds)
      if (oldestSeconds === Infinity || tooOld.length === 0) return
      for (const report of tooOld) say(complaintAbout(report, flags.failIfOlderThan ?? ''))
      end(EXIT.found)
    })
}

function ageOf(text: string | undefined): number {
  if (text === undefined) return Infinity
  const duration = parseDuration(text)
  if (duration === null)
    throw new Error(`--fail-if-older-than ${text} is not a duration such as 90s, 10m or 2h.`)
  return Number(duration / MICROS_PER_SECOND)
}

async function reportOn(db: Db, config: Config, wanted: string | undefined): Promise<CoverageReport[]> {
  const known = await listWorkspaces(db)
  if (known.length === 0)
    throw new Error(
      'No workspace is known yet: the service learns it from SEAM_WORKSPACE_ID, from Seam at its first poll, or from the first verified webhook.',
    )
  const chosen = wanted === undefined ? known : [chooseWorkspace(known, wanted)]
  const now = await readDatabaseNow(db)
  const window = { from: now - DEFAULT_WINDOW, to: now }
  return Promise.all(
    chosen.map(({ workspaceId, configKey }) =>
      coverageReport(db, workspaceId, reportSettings(config, configKey), now, window),
    ),
  )
}

function complaintAbout({ workspaceId, lagSeconds }: CoverageReport, age: string): string {
  return lagSeconds === null
    ? `Nothing of workspace ${workspaceId} is proven complete, which counts as older than ${age}.`
    : `Coverage of workspace ${workspaceId} ends ${lagSeconds.toFixed(0)} seconds ago, which is older than ${age}.`
}
