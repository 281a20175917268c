/** A bounded load on a server of this machine. */

export interface Load {
  /** Answers with status 200. */
  readonly answered: number;
  /** Everything else, by what it was. */
  readonly lost: Readonly<Record<string, number>>;
  readonly requestsPerSecond: number;
  /** Latencies in ms: the medium, and those that 95 and 99 of 100 requests stay below. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/**
 * Sends `total` requests, `parallel` at a time, and checks each answer.
 * @param check says what is wrong with an answer, or null
 */
export async function load(
  total: number,
  parallel: number,
  request: (index: number) => Promise<Response>,
  check: (index: number, body: string) => string | null,
): Promise<Load> {
  const latencies: number[] = [];
  const lost: Record<string, number> = {};
  let next = 0;
  const lose = (why: string): void => {
    lost[why] = (lost[why] ?? 0) + 1;
  };
  const client = async (): Promise<void> => {
    while (next < total) {
      const index = next++;
      const begin = performance.now();
      try {
        const response = await request(index);
        const body = await response.text();
        latencies.push(performance.now() - begin);
        const wrong = response.status === 200 ? check(index, body) : `status ${response.status}`;
        if (wrong !== null) lose(wrong);
      } catch (error) {
        lose((error as Error).message);
      }
    }
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: parallel }, client));
  const seconds = (performance.now() - begin) / 1000;
  latencies.sort((a, b) => a - b);
  const quantile = (q: number): number => latencies[Math.min(latencies.length - 1, Math.floor(q * latencies.length))];
  const losses = Object.values(lost).reduce((sum, count) => sum + count, 0);
  return {
    answered: total - losses,
    lost,
    requestsPerSecond: total / seconds,
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
  };
}
