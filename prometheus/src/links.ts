/**
 * Where alerts and dashboards send their reader: as docker compose up has it. Put addresses of your own here before you
 * install the rules and the dashboards elsewhere, and write both anew (npm run rules, npm run dashboards).
 */
export const LINKS = {
  grafana: 'http://127.0.0.1:3000',
  runbook: 'http://127.0.0.1:9090/user/runbook.md',
} as const
