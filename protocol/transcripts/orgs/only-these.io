// --orgs: the client sees its orgs only
$ sf-jwt serve --orgs acme
>> {"jsonrpc":"2.0","id":1,"method":"orgs"}
<< {"jsonrpc":"2.0","id":1,"result":{"orgs":[{"name":"acme","username":"integration@acme.example","loginUrl":"<acme-address>","source":"config","appKind":"connected-app","tags":[],"token":null}],"warnings":[]}}
