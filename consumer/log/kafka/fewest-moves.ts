/** Partitions open to the same members, so that only numbers matter: members are numbers from 0. */
export interface Pool {
  /** Who may hold its partitions, ascending; at least one. */
  readonly members: readonly number[]
  /** How many of its partitions each member of the group owns. */
  readonly owned: Int32Array
  /** How many of its partitions nobody owns. */
  readonly unowned: number
}

/**
 * How many partitions of each pool each member is to hold. No division is more even: the squares of what the members
 * hold have the least possible sum. Of all divisions that are as even, none takes fewer partitions from their owners.
 * So moving one partition to another member that may hold it never makes the division more even, and members of the
 * same pools differ by 1 at most.
 *
 * Proof: evenness first and moves second are the cost of a flow from pools to members, convex on every edge; such a
 * flow is optimal once no cycle of shifts lowers its cost. Cycles that leave every load as it is never do: none does
 * at the start, where all owners keep all, and a shift along a cheapest path opens none. A shift that lightens one
 * member and burdens another lowers the cost exactly when `relieve` finds it. Every shift lowers the cost, so this ends.
 *
 * A hundred members and a thousand partitions of one pool take a millisecond or two; of a thousand pools, each open to
 * half of the members, up to half a second.
 */
export function divideEvenly(members: number, pools: readonly Pool[]): readonly Int32Array[] {
  const division = new Division(members, pools)
  let shifted = true
  while (shifted) {
    shifted = false
    for (let member = 0; member < members; member++) while (division.relieve(member)) shifted = true
  }
  return division.held
}

/** Starts with every owner keeping everything and every unowned partition at the least burdened of its members. */
class Division {
  /** By pool, then by member. */
  readonly held: readonly Int32Array[]
  readonly #pools: readonly Pool[]
  readonly #loads: Int32Array
  /** What the last search found: the moves it costs to get a partition here, and whom it then comes from. */
  readonly #memberMoves: Float64Array
  readonly #poolMoves: Float64Array
  readonly #poolBefore: Int32Array
  readonly #memberBefore: Int32Array

  constructor(members: number, pools: readonly Pool[]) {
    this.#pools = pools
    this.held = pools.map(({ owned }) => owned.slice())
    this.#loads = new Int32Array(members)
    this.#memberMoves = new Float64Array(members)
    this.#poolMoves = new Float64Array(pools.length)
    this.#poolBefore = new Int32Array(members)
    this.#memberBefore = new Int32Array(pools.length)
    for (const { owned } of pools) for (const [member, count] of owned.entries()) this.#loads[member]! += count
    this.#placeUnowned()
  }

  /**
   * Takes one partition off the member if that makes the division more even, or as even with fewer moves. The
   * partition may push others from member to member until the least burdened one gets one more.
   */
  relieve(member: number): boolean {
    this.#search(member)
    const loads = this.#loads
    const moves = this.#memberMoves
    let taker = member
    for (let other = 0; other < loads.length; other++) {
      if (moves[other] === Number.POSITIVE_INFINITY) continue
      const difference = loads[other]! - loads[taker]!
      if (difference < 0 || (difference === 0 && moves[other]! < moves[taker]!)) taker = other
    }
    const gap = loads[member]! - loads[taker]!
    if (gap < 1 || (gap === 1 && moves[taker]! >= 0)) return false
    this.#shift(member, taker)
    return true
  }

  #placeUnowned(): void {
    for (const [index, { members, unowned }] of this.#pools.entries()) {
      for (let placed = 0; placed < unowned; placed++) {
        let least = members[0]!
        for (const member of members) if (this.#loads[member]! < this.#loads[least]!) least = member
        this.held[index]![least]!++
        this.#loads[least]!++
      }
    }
  }

  /**
   * The cheapest ways for a partition to leave `from`, to every member it can reach (Bellman-Ford). Taking one from its
   * owner costs a move, and giving one back to a member that lost one of the same pool saves it.
   */
  #search(from: number): void {
    const memberMoves = this.#memberMoves.fill(Number.POSITIVE_INFINITY)
    const poolMoves = this.#poolMoves.fill(Number.POSITIVE_INFINITY)
    memberMoves[from] = 0
    let cheaper = true
    while (cheaper) {
      cheaper = false
      for (let pool = 0; pool < this.#pools.length; pool++) {
        const { members, owned } = this.#pools[pool]!
        const held = this.held[pool]!
        for (const giver of members) {
          if (held[giver] === 0) continue
          const moves = memberMoves[giver]! + (held[giver]! <= owned[giver]! ? 1 : 0)
          if (moves >= poolMoves[pool]!) continue
          poolMoves[pool] = moves
          this.#memberBefore[pool] = giver
        }
        for (const taker of members) {
          const moves = poolMoves[pool]! - (held[taker]! < owned[taker]! ? 1 : 0)
          if (moves >= memberMoves[taker]!) continue
          memberMoves[taker] = moves
          this.#poolBefore[taker] = pool
          cheaper = true
        }
      }
    }
  }

  /** Follows the last search, made from `from`, back from `to`. */
  #shift(from: number, to: number): void {
    this.#loads[from]!--
    this.#loads[to]!++
    for (let taker = to; taker !== from; ) {
      const pool = this.#poolBefore[taker]!
      const giver = this.#memberBefore[pool]!
      this.held[pool]![taker]!++
      this.held[pool]![giver]!--
      taker = giver
    }
  }
}
