// parameters of the Language Server Protocol are accepted
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":1,"rootUri":null,"capabilities":{"window":{"workDoneProgress":true}}}}
<< {"jsonrpc":"2.0","id":1,"result":{"serverInfo":{"name":"sf-jwt","version":"<version>"},"protocolVersions":[1],"capabilities":{"methods":["token","verify-connection","install-url","preview","revoke","orgs","explain","ping","rpc.discover","initialize","shutdown"],"orgs":null,"connections":true,"loopback":false,"commands":false,"maxFrame":1048576}}}
>> {"jsonrpc":"2.0","method":"initialized","params":{}}
>> {"jsonrpc":"2.0","id":2,"method":"ping"}
<< {"jsonrpc":"2.0","id":2,"result":{}}
