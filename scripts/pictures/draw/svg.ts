import { format } from 'echarts'
import { FONT, TEXT } from './look.ts'

/** In pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

export interface TextStyle {
  readonly size: number
  readonly fill?: string
  readonly isBold?: boolean
  readonly anchor?: 'start' | 'middle' | 'end'
}

const escaped = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** A line of text on the base line `y`. */
export function text(
  x: number,
  y: number,
  content: string,
  { size, fill = TEXT, isBold = false, anchor = 'start' }: TextStyle,
): string {
  const weight = isBold ? ' font-weight="bold"' : ''
  const side = anchor === 'start' ? '' : ` text-anchor="${anchor}"`
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${fill}"${weight}${side}>${escaped(content)}</text>`
}

export interface RectangleStyle {
  readonly fill: string
  readonly stroke?: string
  readonly radius?: number
}

export function rectangle(
  x: number,
  y: number,
  { width, height }: Size,
  { fill, stroke, radius = 0 }: RectangleStyle,
): string {
  const line = stroke === undefined ? '' : ` stroke="${stroke}"`
  const corner = radius === 0 ? '' : ` rx="${radius}"`
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${fill}"${line}${corner}/>`
}

export const at = (x: number, y: number, content: string): string =>
  `<g transform="translate(${round(x)} ${round(y)})">\n${content}\n</g>`

/** What a document tells those who do not see it. */
export function document({ width, height }: Size, title: string, description: string, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="${FONT}" role="img" aria-labelledby="title description">
<title id="title">${escaped(title)}</title>
<desc id="description">${escaped(description)}</desc>
${content}
</svg>
`
}

/** Capitals are wider in bold type, and no less is reserved for the rest. */
const BOLD = 1.05

/** About how wide the text is; the fonts of readers differ a little. */
export const widthOf = (content: string, { size, isBold = false }: TextStyle): number =>
  format.getTextRect(content, `${size}px ${FONT}`).width * (isBold ? BOLD : 1)

/** The text, cut where it would become wider. */
export function cutTo(width: number, content: string, style: TextStyle): string {
  if (widthOf(content, style) <= width) return content
  let kept = content
  while (kept !== '' && widthOf(`${kept}…`, style) > width) kept = kept.slice(0, -1)
  return `${kept.trimEnd()}…`
}

const round = (coordinate: number): number => Math.round(coordinate * 10) / 10
