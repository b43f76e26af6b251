import type { Panel } from '../dashboard.ts'
import type { Period } from '../prometheus-api.ts'
import type { Series } from '../series.ts'
import type { Size } from './svg.ts'

/** The series that one query of a panel gave. */
export interface Answer {
  readonly refId: string
  readonly series: readonly Series[]
}

/** Epoch seconds. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** All that a panel's plot is made of. */
export interface Drawing {
  /** Of no other panel in the picture. */
  readonly id: string
  readonly panel: Panel
  readonly answers: readonly Answer[]
  readonly period: Period
  /** When alerts fired. */
  readonly fired: readonly Span[]
  readonly size: Size
}

/** A panel's plot as SVG, from the upper left corner on. */
export type Draw = (drawing: Drawing) => string
