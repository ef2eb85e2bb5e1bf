/** A form in which an event may say a PIN: the event's members, and the text that must not be found in the clear. */
export type PinForm = (pin: string) => { fields: Record<string, unknown>; spelled: string }

const inField = (fields: (pin: string) => Record<string, unknown>): PinForm => {
  return (pin) => ({ fields: fields(pin), spelled: pin })
}

const below = (name: string): PinForm => inField((pin) => ({ [name]: pin }))

/** Writes a PIN in parts, as people write numbers. */
const parted = (pin: string): string => `${pin.slice(0, 4)} ${pin.slice(4)}`

/** The forms of E10, E11 and E20, and similar ones. */
export const PIN_FORMS: Readonly<Record<string, PinForm>> = {
  code: below('code'),
  pin: below('pin'),
  pin_code: below('pin_code'),
  access_code: below('access_code'),
  temporary_code: below('temporary_code'),
  doorCode: below('doorCode'),
  codes: inField((pin) => ({ codes: [{ value: pin }] })),
  'a number': inField((pin) => ({ code: Number(pin), note: `(${pin})` })),
  'glued to letters': inField((pin) => ({ code: pin, note: `PIN${pin}x` })),
  'nine digits in a sentence': (pin) => ({
    fields: { message: `PIN ${pin}7 is taken` },
    spelled: `${pin}7`,
  }),
  'a list of sentences': inField((pin) => ({ message: ['', `${pin} is taken`] })),
  'errors that are texts': inField((pin) => ({ access_code_errors: [`${pin} is taken`] })),
  'in two parts': (pin) => ({ fields: { code: pin, note: parted(pin) }, spelled: parted(pin) }),
  'a code in two parts': inField((pin) => ({ code: parted(pin), note: pin })),
  'changes that are an object': inField((pin) => ({ changed_properties: { code: { from: pin, to: '1' } } })),
  'the old value': inField((pin) => ({ from: pin, to: null })),
  'the name of a member': inField((pin) => ({ later: { [pin]: 'guest' } })),
  'a name that repeats it': inField((pin) => ({ code: pin, later: { [`slot_${pin}`]: 1 } })),
  'JSON in a text': inField((pin) => ({ payload: JSON.stringify({ code: pin }) })),
  'an address': inField((pin) => ({ code: pin, note: `https://lock.example/?k=${pin}&z` })),
  customer_key: inField((pin) => ({ code: pin, customer_key: pin })),
  event_type: inField((pin) => ({ code: pin, event_type: pin })),
  deep: inField((pin) => ({ code: pin, a: [[[[{ b: { c: [pin] } }]]]] })),
}

/** The same for deliveries that are no events. */
export const BROKEN_FORMS: Readonly<Record<string, (pin: string, marker: string) => string>> = {
  'JSON that stops': (pin, marker) => `{"event_id":"${marker}","code":"${pin}"`,
  'a dashed PIN in broken JSON': (pin, marker) =>
    `{"event_id":"${marker}","code":"${pin.split('').join('-')}",}`,
  'digits between NULs': (pin, marker) => `${marker} ${pin.split('').join('\0')}`,
  'a text': (pin, marker) => JSON.stringify(`${marker} code ${pin}`),
}
