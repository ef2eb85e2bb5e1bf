import type { TextFormat } from '../../export/text-format.ts'

/** Appends bytes to the file. */
export type Append = (bytes: Uint8Array) => Promise<void>

/** Writes an export into a file, from which it can go on after any `add` that answered true. */
export interface FileFormat {
  /** Takes the texts of a page. True when everything that it was given is in the file. */
  add: (texts: readonly string[]) => Promise<boolean>
  /** Writes what is missing, with the mark (an object as JSON) that says that the file is whole. */
  end: (mark: string) => Promise<void>
  /** What must be known to go on, beside the bytes of the file; to be asked for after an `add` that answered true. */
  state: () => unknown
}

export function textFile({ head, lines, end }: TextFormat, append: Append, isNew: boolean): FileFormat {
  let before = isNew ? head : ''
  const write = async (text: string): Promise<void> => {
    await append(Buffer.from(before + text))
    before = ''
  }
  return {
    add: async (texts) => {
      for await (const part of lines(texts)) await write(part.join(''))
      return true
    },
    end: (mark) => write(end(mark)),
    state: () => null,
  }
}
