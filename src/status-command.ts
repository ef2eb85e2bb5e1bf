import { Command } from 'commander'
import type { Config } from './config/config.ts'
import { microsFromMillis } from './domain/instant.ts'
import { reportSettings } from './report-settings.ts'
import { coverageReport } from './status/coverage-report.ts'
import { DEFAULT_WINDOW } from './status/coverage-route.ts'
import { printReport } from './status/print-report.ts'
import { reportJson } from './status/report-json.ts'
import type { Db } from './store/open-database.ts'
import { readWorkspaces } from './store/read-workspaces.ts'

/** `seam-mirror status`: what `/v1/coverage` says, of every known workspace, for a person or as JSON. */
export function statusCommand(
  run: <Result>(work: (db: Db, config: Config) => Promise<Result>) => Promise<Result>,
  say: (line: string) => void,
): Command {
  return new Command('status')
    .description('how complete the copy is, by which path events come, and what went wrong')
    .option('--json', 'as JSON, one object a line', false)
    .action(async ({ json }: { json: boolean }) => {
      const reports = await run(async (db, config) => {
        const now = microsFromMillis(Date.now())
        const window = { from: now - DEFAULT_WINDOW, to: now }
        const known = await readWorkspaces(db)
        return Promise.all(
          known.map(({ workspaceId, configKey }) =>
            coverageReport(db, workspaceId, reportSettings(config, configKey), now, window),
          ),
        )
      })
      if (reports.length === 0 && !json) say('No workspace is known yet.')
      for (const report of reports) {
        if (json) say(reportJson(report))
        else for (const line of printReport(report)) say(line)
      }
    })
}
