/** Flows smaller than this are none: sums of fractions leave such crumbs. */
const crumb = 1e-9;

/** The greatest flow through pipes of limited width, by Dinic's algorithm. */
export class FlowNetwork {
  readonly source = 0;
  readonly sink = 1;
  readonly #heads: number[] = [];
  readonly #room: number[] = [];
  /** By node: its pipes. The pipe back of pipe `n` is `n ^ 1`. */
  readonly #pipes: number[][] = [[], []];
  #levels: number[] = [];
  #next: number[] = [];

  /** A new node that takes at most this much from another. */
  nodeFrom(origin: number, capacity: number): number {
    const node = this.#newNode();
    this.connect(origin, node, capacity);
    return node;
  }

  /** A new node that hands at most this much on to another. */
  nodeTo(target: number, capacity: number): number {
    const node = this.#newNode();
    this.connect(node, target, capacity);
    return node;
  }

  connect(from: number, to: number, capacity = Number.POSITIVE_INFINITY): void {
    this.#addPipe(from, to, capacity);
    this.#addPipe(to, from, 0);
  }

  /** Call it once: it uses the pipes up. */
  greatestFlow(): number {
    let total = 0;
    while (this.#findLevels()) {
      this.#next = this.#pipes.map(() => 0);
      for (let pushed = this.#push(this.source, Number.POSITIVE_INFINITY); pushed > 0; ) {
        total += pushed;
        pushed = this.#push(this.source, Number.POSITIVE_INFINITY);
      }
    }
    return total;
  }

  #newNode(): number {
    return this.#pipes.push([]) - 1;
  }

  #addPipe(from: number, to: number, capacity: number): void {
    this.#pipes[from]?.push(this.#heads.length);
    this.#heads.push(to);
    this.#room.push(capacity);
  }

  /** How far each node is from the source; false when nothing more gets through. */
  #findLevels(): boolean {
    this.#levels = this.#pipes.map(() => -1);
    this.#levels[this.source] = 0;
    const queue = [this.source];
    for (const node of queue) {
      for (const pipe of this.#pipes[node] ?? []) {
        const head = this.#headOf(pipe);
        if (this.#roomOf(pipe) <= crumb || this.#levels[head] !== -1) continue;
        this.#levels[head] = (this.#levels[node] ?? 0) + 1;
        queue.push(head);
      }
    }
    return this.#levels[this.sink] !== -1;
  }

  #push(node: number, amount: number): number {
    if (node === this.sink) return amount;
    const pipes = this.#pipes[node] ?? [];
    for (let position = this.#next[node] ?? 0; position < pipes.length; position += 1) {
      this.#next[node] = position;
      const pipe = pipes[position] ?? 0;
      const head = this.#headOf(pipe);
      if (this.#roomOf(pipe) <= crumb || this.#levels[head] !== (this.#levels[node] ?? 0) + 1) continue;
      const pushed = this.#push(head, Math.min(amount, this.#roomOf(pipe)));
      if (pushed <= 0) continue;
      this.#room[pipe] = this.#roomOf(pipe) - pushed;
      this.#room[pipe ^ 1] = this.#roomOf(pipe ^ 1) + pushed;
      return pushed;
    }
    this.#next[node] = pipes.length;
    return 0;
  }

  #headOf(pipe: number): number {
    return this.#heads[pipe] ?? this.sink;
  }

  #roomOf(pipe: number): number {
    return this.#room[pipe] ?? 0;
  }
}
