import { type EChartsOption, init } from 'echarts'
import { FONT, QUIET_TEXT } from './look.ts'
import type { Size } from './svg.ts'

/**
 * The chart as an SVG element to stand in another document.
 * @param id begins the ids in it, which must differ from those of the other charts of the document
 */
export function chart(id: string, size: Size, option: EChartsOption): string {
  const instance = init(null, null, { renderer: 'svg', ssr: true, ...size })
  try {
    instance.setOption({
      ...option,
      animation: false,
      useUTC: true,
      textStyle: { fontFamily: FONT, fontSize: 11, color: QUIET_TEXT },
    })
    return still(instance.renderToSVGString(), id)
  } finally {
    instance.dispose()
  }
}

/** Without what serves a mouse only; numbered anew, since the ids count the charts that the process ever drew. */
const still = (svg: string, id: string): string =>
  svg
    .replace(/<style[\s\S]*?<\/style>\s*/g, '')
    .replace(/ (?:class|pointer-events|ecmeta_\w+|xmlns(?::xlink)?|version|baseProfile)="[^"]*"/g, '')
    .replace(/\bzr\d+-/g, `${id}-`)
