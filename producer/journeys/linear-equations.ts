/**
 * Solves `matrix * x = right` by elimination with the largest pivot. Both are left as they are.
 * @throws {RangeError} when the equations have no single solution.
 */
export function solveLinear(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, right[index]!])
  const size = rows.length
  for (let column = 0; column < size; column++) {
    let pivot = column
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row
    }
    const chosen = rows[pivot]!
    if (chosen[column] === 0) throw new RangeError('the equations have no single solution')
    rows[pivot] = rows[column]!
    rows[column] = chosen
    for (let row = 0; row < size; row++) {
      if (row === column) continue
      const factor = rows[row]![column]! / chosen[column]!
      if (factor === 0) continue
      for (let index = column; index <= size; index++) rows[row]![index]! -= factor * chosen[index]!
    }
  }
  return rows.map((row, index) => row[size]! / row[index]!)
}
