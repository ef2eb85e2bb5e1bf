import { Command } from 'commander'
import { LIMITS } from '../app/limits.ts'
import type { Config, WorkspaceConfig } from '../config/config.ts'
import { parseDuration } from '../domain/duration.ts'
import { formatInstant, parseInstant } from '../domain/instant.ts'
import { sleep } from '../runtime/sleep.ts'
import { openSecrets } from '../app/open-secrets.ts'
import { type AuditRequest, type AuditResult, auditWorkspace } from '../audit/audit-workspace.ts'
import { createPageSize } from '../walk/page-size.ts'
import { openSeamClient } from '../seam/open-seam-client.ts'
import { useProxy } from '../seam/use-proxy.ts'
import type { Db } from '../store/database.ts'
import { type Workspaces, openWorkspaces } from '../workspaces/open-workspaces.ts'
import { addJsonOption } from './add-json-option.ts'
import { type Context, EXIT } from './context.ts'
import { sentenceLogger } from './sentence-logger.ts'

interface AuditFlags {
  since?: string
  until?: string
  workspace?: string
  json: boolean
}

type Entry = WorkspaceConfig & { credentials: NonNullable<WorkspaceConfig['credentials']> }
/** The result for one workspace; an error when nothing could be recorded. */
type Finding = { name: string; result: AuditResult | Error }

/** `seam-mirror audit`: reads covered time again now, stores what was missing, and reports it. */
export function auditCommand({ useDatabase, answer, say, end }: Context): Command {
  return addJsonOption(new Command('audit'))
    .description('read covered time again, store what was missing, and say what that means')
    .option('--since <when>', 'an instant (RFC 3339), or a duration before --until such as 30h')
    .option('--until <instant>', 'an instant (RFC 3339); without it, the end of what is covered')
    .option('--workspace <id or name>', 'only this one; without it, every workspace with credentials')
    .addHelpText(
      'after',
      '\nWithout --since it goes back SEAM_MIRROR_AUDIT_LOOKBACK_HOURS. It can run while the service does.\n' +
        'Exit code: 0 when nothing was missing, 2 when something was (it is stored now), 1 when not all could be checked.',
    )
    .action(async (flags: AuditFlags) => {
      const findings = await useDatabase((db, config) => auditAll(config, db, flags, say))
      answer({
        isJson: flags.json,
        document: { audits: findings.map(toJson) },
        lines: findings.flatMap(describe),
      })
      end(exitCodeOf(findings))
    })
}

function requestOf({ since, until }: AuditFlags, lookbackHours: number): AuditRequest {
  const to = until === undefined ? null : parseInstant(until)
  if (until !== undefined && to === null)
    throw new Error(`--until ${until} is not an RFC 3339 instant such as 2026-01-31T00:00:00Z.`)
  const from = sinceOf(since ?? `${lookbackHours}h`)
  if (from === null)
    throw new Error(`--since ${since} is neither an RFC 3339 instant nor a duration such as 12h, 30d or 8w.`)
  if (from.kind === 'instant' && to !== null && from.at >= to)
    throw new Error('--since must be before --until.')
  return { trigger: 'command', since: from, until: to }
}

function sinceOf(text: string): AuditRequest['since'] | null {
  const at = parseInstant(text)
  if (at !== null) return { kind: 'instant', at }
  const duration = parseDuration(text)
  return duration === null || duration === 0n ? null : { kind: 'ago', duration }
}

/** Audits one workspace after the other. */
async function auditAll(
  config: Config,
  db: Db,
  flags: AuditFlags,
  say: (line: string) => void,
): Promise<Finding[]> {
  const request = requestOf(flags, config.auditLookbackHours)
  const entries = config.workspaces.map(({ key, workspaceId }) => ({ key, workspaceId }))
  const workspaces = await openWorkspaces(db, entries, sentenceLogger(say))
  const chosen = choose(config.workspaces, workspaces, flags.workspace)
  const secrets = await openSecrets(config, { mayMakeKey: false })
  useProxy(config)
  const findings: Finding[] = []
  for (const { key, credentials } of chosen) {
    const options = {
      db,
      secrets,
      client: openSeamClient({ endpoint: config.seamEndpoint, credentials, timeoutMs: LIMITS.seamTimeoutMs }),
      pageSize: createPageSize(),
      workspaces,
      workspaceKey: key,
      settleSeconds: config.settleSeconds,
      waiting: { sleep, random: Math.random },
    }
    const result = await auditWorkspace(options, request, new AbortController().signal).catch(
      (error: unknown) => (error instanceof Error ? error : new Error('unknown error', { cause: error })),
    )
    findings.push({ name: key, result })
  }
  return findings
}

function choose(
  all: readonly WorkspaceConfig[],
  workspaces: Workspaces,
  wanted: string | undefined,
): Entry[] {
  const named = all.filter(
    ({ key }) => wanted === undefined || key === wanted || workspaces.byKey(key).id === wanted.toLowerCase(),
  )
  if (named.length === 0)
    throw new Error(
      `There is no workspace ${wanted}; configured are: ${all.map(({ key }) => `${key} (${workspaces.byKey(key).id ?? 'id not known yet'})`).join(', ')}.`,
    )
  const chosen = named.filter((entry): entry is Entry => entry.credentials !== null)
  if (chosen.length === 0)
    throw new Error('An audit needs credentials to ask Seam: set SEAM_API_KEY, for example.')
  return chosen
}

function exitCodeOf(findings: readonly Finding[]): number {
  const outcomes = findings.map(({ result }) =>
    result instanceof Error || result.kind === 'nothing_covered' ? 'failed' : result.run.outcome,
  )
  if (outcomes.some((outcome) => outcome === 'failed' || outcome === 'incomplete')) return EXIT.failed
  return outcomes.includes('found') ? EXIT.found : EXIT.done
}

function toJson({ name, result }: Finding): object {
  if (result instanceof Error) return { workspace: name, outcome: 'failed', error: result.message }
  const { workspaceId } = result
  if (result.kind === 'nothing_covered') return { workspace: name, workspaceId, outcome: 'nothing_covered' }
  const { run } = result
  return {
    workspace: name,
    workspaceId,
    outcome: run.outcome,
    rangeFrom: formatInstant(run.from),
    rangeTo: formatInstant(run.to),
    startedAt: run.startedAt.toISOString(),
    finishedAt: run.finishedAt.toISOString(),
    pages: run.pages,
    eventsSeen: run.eventsSeen,
    eventsMissing: run.eventsMissing,
    missingEventIds: run.missingEventIds,
    settleSeconds: run.settleSeconds,
    settleTimeSuspect: run.isSettleTimeSuspect,
    longestDelaySeconds: run.longestDelaySeconds,
    error: run.error,
  }
}

function describe({ name, result }: Finding): string[] {
  if (result instanceof Error) return [`${name}: the audit failed and proves nothing: ${result.message}`]
  if (result.kind === 'nothing_covered')
    return [`${name}: nothing in this range is covered yet, so there was nothing to audit.`]
  const { run } = result
  const verdict = {
    clean: 'clean: everything that Seam lists was there',
    found: `${counted(run.eventsMissing, 'event')} missing, stored now`,
    incomplete: `incomplete: ${run.error}`,
    failed: `failed: ${run.error}`,
  }[run.outcome]
  return [
    `${name}: ${verdict}`,
    `  covered time from ${formatInstant(run.from)} to ${formatInstant(run.to)}`,
    `  ${counted(run.eventsSeen, 'event')} on ${counted(run.pages, 'page')}; missing: ${run.eventsMissing}`,
    ...run.missingEventIds.map((id) => `    ${id}`),
    ...(run.eventsMissing > run.missingEventIds.length
      ? [`    and ${run.eventsMissing - run.missingEventIds.length} more`]
      : []),
    ...(run.isSettleTimeSuspect ? [`  ${suspicion(run)}`] : []),
  ]
}

function suspicion(run: { settleSeconds: number; longestDelaySeconds: number | null }): string {
  const bound =
    run.longestDelaySeconds === null
      ? ''
      : `; ${run.longestDelaySeconds} seconds would have been enough for all of them, less may be`
  return `The settle time (SEAM_MIRROR_SETTLE_SECONDS, ${run.settleSeconds}) looks too short${bound}.`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
