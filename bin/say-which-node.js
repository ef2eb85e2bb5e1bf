// Run by `npm ci`. .npmrc keeps npm from warning about each package that wants a newer Node; this says once what that means.
const [, version = '24'] = /node\/v(\d+)/.exec(process.env.npm_config_user_agent || '') || []
if (Number(version) < 24) {
  const isHere = Number(process.versions.node.split('.')[0]) >= 24
  process.stderr.write(
    isHere
      ? `npm runs on Node ${version}. seam-mirror needs Node 24, and has one of its own now, which npm scripts and npx use here.\n`
      : `npm runs on Node ${version}. seam-mirror needs Node 24: install one, or run npm ci without --omit=dev, which brings one.\n`,
  )
}
