-- Salesforce access tokens in Neovim (0.7 or later). Put this folder on 'runtimepath', then:
--
--   require("sf_jwt").setup()            -- or { cmd = { "/path/to/sf-jwt", "serve", "--orgs", "acme" } }
--   :SfJwtToken acme                     copies an access token to the + register (or the unnamed one)
--   :SfJwtVerify acme                    verifies the connection, with progress
--   :SfJwtInstallUrl acme.my.salesforce.com 0Ci…
--
-- The server is started with the first call and kept alive.
local M = { cmd = { "sf-jwt", "serve" } }
local server
local listeners = {} -- progress tokens
local last_token = 0

local function started()
  if server and not (server.is_closing and server.is_closing()) then
    return server
  end
  local dispatchers = {
    notification = function(method, params)
      if method == "$/progress" and listeners[params.token] then
        listeners[params.token](params.value)
      end
    end,
    server_request = function() end,
    on_exit = function() server = nil end,
    on_error = function() end,
  }
  if vim.fn.has("nvim-0.11") == 1 then
    server = vim.lsp.rpc.start(M.cmd, dispatchers)
  else
    server = vim.lsp.rpc.start(M.cmd[1], vim.list_slice(M.cmd, 2), dispatchers)
  end
  return assert(server, "sf-jwt could not be started")
end

--- Calls a method. `callback(error, result)`; an error has `message`, `code` and `data` (kind, reason, hint, links).
--- Returns a function that cancels the call.
function M.call(method, params, callback, on_progress)
  if on_progress then
    last_token = last_token + 1
    local token = last_token
    listeners[token] = on_progress
    params = vim.tbl_extend("force", params, { progressToken = token })
    local answered = callback
    callback = function(...)
      listeners[token] = nil
      answered(...)
    end
  end
  local rpc = started()
  local _, id = rpc.request(method, next(params) and params or vim.empty_dict(), vim.schedule_wrap(callback))
  return function() rpc.notify("$/cancelRequest", { id = id }) end
end

--- Ends the server.
function M.stop()
  if server then
    server.notify("exit", vim.empty_dict())
  end
end

local function told(error)
  local lines = { ("sf-jwt: %s [%s]"):format(error.message, error.data and error.data.reason or error.code) }
  local data = error.data or {}
  if type(data.hint) == "string" then
    table.insert(lines, data.hint)
  end
  for _, link in ipairs(data.links or {}) do
    if type(link.url) == "string" then
      table.insert(lines, link.title .. ": " .. link.url)
    end
  end
  vim.notify(table.concat(lines, "\n"), vim.log.levels.ERROR)
end

function M.token(org)
  M.call("token", { org = org }, function(error, token)
    if error then return told(error) end
    vim.fn.setreg(vim.fn.has("clipboard") == 1 and "+" or '"', token.accessToken)
    vim.notify(("sf-jwt: copied a token for %s, good until %s"):format(token.username, token.expiresAt))
  end)
end

function M.verify(org)
  M.call("verify-connection", { org = org }, function(error, report)
    if error then return told(error) end
    if report.ok then
      return vim.notify("sf-jwt: the connection to " .. org .. " works")
    end
    for _, check in ipairs(report.checks) do
      if check.status == "fail" then
        local lines = { ("sf-jwt: %s: %s"):format(check.title, check.detail) }
        vim.list_extend(lines, check.causes or {})
        vim.notify(table.concat(lines, "\n  - "), vim.log.levels.ERROR)
      end
    end
  end, function(progress)
    if progress.kind == "report" then
      vim.schedule(function() vim.api.nvim_echo({ { progress.percentage .. "% " .. progress.message } }, false, {}) end)
    end
  end)
end

function M.install_url(target, app_id)
  M.call("install-url", { target = target, appId = app_id }, function(error, page)
    if error then return told(error) end
    vim.fn.setreg('"', page.url)
    vim.notify(page.url)
  end)
end

function M.setup(options)
  M.cmd = options and options.cmd or M.cmd
  local command = vim.api.nvim_create_user_command
  command("SfJwtToken", function(c) M.token(c.args) end, { nargs = 1 })
  command("SfJwtVerify", function(c) M.verify(c.args) end, { nargs = 1 })
  command("SfJwtInstallUrl", function(c) M.install_url(c.fargs[1], c.fargs[2]) end, { nargs = "+" })
  vim.api.nvim_create_autocmd("VimLeavePre", { callback = M.stop })
end

return M
