import type { Config } from '../config/config.ts'
import type { ReportSettings } from '../status/coverage-report.ts'

/** What the configuration says about a workspace entry; a removed entry counts as not polled and without webhooks. */
export function reportSettings(config: Config, configKey: string): ReportSettings {
  const entry = config.workspaces.find(({ key }) => key === configKey)
  return {
    backfillSince: config.backfillSince,
    hasCredentials: entry !== undefined && entry.credentials !== null,
    hasWebhookSecret: entry !== undefined && entry.webhookSecrets.length > 0,
  }
}
