/** A message as it begins a line of its own: messages begin with a small letter, because they follow `error:`. */
export function capitalized(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1);
}
