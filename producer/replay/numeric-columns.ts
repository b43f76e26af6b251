import { AUTO_RECOGNITION, BUILT_IN_DIALECTS, type Dialect } from '../../consumer/contract/dialects.ts'
import type { NumericColumns } from '../../consumer/files/csv.ts'

/**
 * The columns of a CSV file that must be JSON numbers, because in its dialect a number as text is a fault. With `auto`
 * the columns tell the dialect as the keys of a record do.
 */
export const numericColumnsOf =
  (dialect: Dialect | 'auto'): NumericColumns =>
  (columns) => {
    const found = dialect === 'auto' ? dialectWith(columns) : dialect
    if (found === undefined || found.numbersAsStrings) return new Set()
    const { time, duration, price } = found.fields
    const numbers = [found.timeFormat === 'iso' ? undefined : time, duration, price]
    return new Set(numbers.filter((path) => path !== undefined))
  }

function dialectWith(columns: readonly string[]): Dialect | undefined {
  const recognised = AUTO_RECOGNITION.find(([key]) => columns.includes(key))
  return recognised && BUILT_IN_DIALECTS[recognised[1]]
}
