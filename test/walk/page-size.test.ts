import { expect, test } from 'vitest'
import { createPageSize, MAX_PAGE_LIMIT, type PageSize } from '../../src/walk/page-size.ts'

/** Asks for pages of an upstream that answers up to `most` events, and returns the sizes that were asked for. */
function ask(pageSize: PageSize, most: number, times: number): number[] {
  return Array.from({ length: times }, () => {
    const limit = pageSize.limit()
    if (limit > most) pageSize.shrink()
    else pageSize.grow(pageSize.limit())
    return limit
  })
}

test('F7: the page is halved until it gets through', () => {
  expect(ask(createPageSize(), 100, 4)).toEqual([500, 250, 125, 62])
  expect(ask(createPageSize(), 1, 9)).toEqual([500, 250, 125, 62, 31, 15, 7, 3, 1])
})

test('F7: it is never less than 1, and says so', () => {
  const pageSize = createPageSize()
  expect(Array.from({ length: 8 }, () => pageSize.shrink())).not.toContain(false)
  expect(pageSize.limit()).toBe(1)
  expect(pageSize.shrink()).toBe(false)
  expect(pageSize.limit()).toBe(1)
})

test('F7: after an outage it is whole again within ten pages', () => {
  const pageSize = createPageSize()
  ask(pageSize, 0, 50)
  ask(pageSize, MAX_PAGE_LIMIT, 10)
  expect(pageSize.limit()).toBe(500)
})

test('F7: behind a gateway with a bound, nearly all pages get through, and are at least half of what it allows', () => {
  for (const most of [1, 2, 3, 9, 100, 250, 499]) {
    const pageSize = createPageSize()
    const sizes = ask(pageSize, most, 2_000)
    expect(sizes.filter((size) => size > most).length, `of ${most}`).toBeLessThan(40)
    const settled = sizes.slice(-500).filter((size) => size <= most)
    expect(Math.min(...settled), `of ${most}`).toBeGreaterThanOrEqual(Math.floor((most + 1) / 2))
  }
})

test('F7: short pages, as at the live edge, do not have long ones tried in vain again and again', () => {
  const pageSize = createPageSize()
  let failures = 0
  for (let longPages = 0; longPages < 400;) {
    // One short page after each long one; the gateway cuts off what has more than 60 events.
    pageSize.grow(5)
    if (pageSize.limit() > 60) {
      failures += 1
      pageSize.shrink()
    } else {
      longPages += 1
      pageSize.grow(pageSize.limit())
    }
  }
  expect(failures).toBeLessThan(40)
})

test('F7: when the bound is gone, the page is whole again after some hundred pages at most', () => {
  const pageSize = createPageSize()
  ask(pageSize, 100, 5_000)
  ask(pageSize, MAX_PAGE_LIMIT, 270)
  expect(pageSize.limit()).toBe(500)
})

test('F7: failures that have nothing to do with the size do not keep it small', () => {
  const pageSize = createPageSize()
  let sum = 0
  for (let i = 0; i < 5_000; i++) {
    sum += pageSize.limit()
    // A fifth of them fail, in no order.
    if ((i * 7919) % 101 < 20) pageSize.shrink()
    else pageSize.grow(pageSize.limit())
  }
  expect(sum / 5_000).toBeGreaterThan(300)
})
