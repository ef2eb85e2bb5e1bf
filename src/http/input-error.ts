import { ApiError, type ValidationErrors } from './api-error.ts'

/** One thing that is wrong with the input; the path is empty when it is about the input as a whole. */
export interface InputIssue {
  path: readonly PropertyKey[]
  message: string
}

/** Makes the 400 for these issues (at least one); message and tree are composed as Seam composes them (contract, 5.1). */
export function inputError(issues: readonly InputIssue[], headers: Record<string, string> = {}): ApiError {
  const messages = issues.map(describeIssue)
  const message =
    messages.length === 1 ? messages[0] : `${issues.length} Input Errors: ${messages.join(', ')}`
  return new ApiError(400, 'invalid_input', message ?? 'Invalid input', {
    validationErrors: treeOf(issues),
    headers,
  })
}

function describeIssue({ path, message }: InputIssue): string {
  const name = path.map(String).join('.')
  if (name === '') return message
  return message === 'Required' ? `${name} is required` : `${message} for "${name}"`
}

interface Tree {
  _errors: string[]
  [key: string]: Tree | string[]
}

function treeOf(issues: readonly InputIssue[]): ValidationErrors {
  const root: Tree = { _errors: [] }
  for (const { path, message } of issues) {
    let node = root
    for (const key of path) {
      node[String(key)] ??= { _errors: [] }
      node = node[String(key)] as Tree
    }
    const { _errors: messages } = node
    messages.push(message)
  }
  return root
}
